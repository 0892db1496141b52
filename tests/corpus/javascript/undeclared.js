console.log(typeof absent);
console.log(absent);
