function inner() { throw new RangeError("too far"); }
function outer() { inner(); }
console.log("first");
outer();
