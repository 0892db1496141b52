setTimeout(() => console.log("never"), 1000); process.on("exit", code => console.log("exit", code)); process.exit(5);
