process.on("SIGUSR2", () => { console.log("signal"); process.exit(0); });
setTimeout(() => console.log("late"), 2000);
process.kill(process.pid, "SIGUSR2");
