process.on("uncaughtException", (error, origin) => { console.log("caught", error.message, origin); process.exitCode = 9; });
throw new Error("wild");
