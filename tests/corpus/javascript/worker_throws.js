const { Worker } = require("worker_threads");
new Worker("throw new Error('inside')", { eval: true }).on("error", error => console.log(error.message)).on("exit", code => console.log("exit", code));
