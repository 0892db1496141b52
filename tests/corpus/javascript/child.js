const { execFileSync, spawnSync } = require("child_process");
console.log(String(execFileSync("/bin/echo", ["from", "echo"])), spawnSync("/bin/sh", ["-c", "exit 3"]).status);
