// stdin: x
const fs = require("fs");
console.log(fs.readFileSync("/dev/stdin", "utf8"), fs.fstatSync(0).size);
try { fs.writeSync(0, "y"); } catch (error) { console.log(error.code); }
