const fs = require("fs");
console.log(fs.readdirSync("/proc/self/fd").length, fs.openSync("/dev/null", "r"));
for (const fd of [0, 1, 2]) console.log(fs.fstatSync(fd).isFile(), fs.fstatSync(fd).isFIFO(), fs.fstatSync(fd).isCharacterDevice());
