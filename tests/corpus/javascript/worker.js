const { Worker, isMainThread, workerData, parentPort } = require("worker_threads");
if (isMainThread) {
  new Worker(__filename, { workerData: 20 }).on("message", text => console.log("from the worker:", text)).on("exit", code => console.log("exit", code));
} else {
  parentPort.postMessage([workerData + 1, process.argv.length, process.execArgv]);
}
