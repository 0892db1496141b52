let n = 0;
process.on("beforeExit", () => { console.log("before", n); if (n++ < 2) setTimeout(() => console.log("again"), 1); });
process.on("exit", code => console.log("exit", code));
