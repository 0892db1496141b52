const fs = require("fs");
const text = fs.readFileSync(__filename, "utf8");
console.log(text.length, text.split("\n").length, fs.statSync(__filename).isFile(), fs.statSync(__filename).size, (fs.statSync(__filename).mode & 0o777).toString(8));
