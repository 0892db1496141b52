const fs = require("fs");
fs.writeSync(1, "one\n"); fs.writeFileSync("/dev/stdout", "two\n"); fs.writeFileSync("/tmp/file", "three\n"); console.log(fs.readFileSync("/tmp/file", "utf8"));
