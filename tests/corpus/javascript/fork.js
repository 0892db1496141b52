const { fork } = require("child_process");
if (process.send) {
  process.send(process.execArgv.length + process.argv.length);
} else {
  fork(__filename).on("message", text => console.log("heard", text)).on("exit", code => console.log("exit", code));
}
