const { spawnSync } = require("child_process");
const done = spawnSync(process.execPath, ["-p", "process.execArgv.concat(process.argv.slice(1))", "x"]);
console.log(String(done.stdout), String(done.stderr));
