process.emitWarning("careful", "CustomWarning", "C001");
new Buffer(1);
console.log(process.listenerCount("warning"));
