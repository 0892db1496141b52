console.log("first");
await new Promise(done => setTimeout(done, 5));
throw new Error("from a module");
