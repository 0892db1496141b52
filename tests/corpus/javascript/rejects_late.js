setTimeout(async () => { throw new TypeError("late"); }, 5);
process.on("exit", code => console.log("exit", code));
