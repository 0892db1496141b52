setImmediate(() => console.log("immediate"));
setTimeout(() => console.log("timeout"), 500);
process.nextTick(() => console.log("tick"));
Promise.resolve().then(() => console.log("then"));
queueMicrotask(() => console.log("micro"));
console.log("first");
