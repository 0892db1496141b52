console.log(Error.stackTraceLimit);
const f = n => n ? f(n - 1) : new Error("deep").stack.split("\n").length;
console.log(f(50));
