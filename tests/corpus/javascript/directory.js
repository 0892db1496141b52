const fs = require("fs");
console.log(fs.readdirSync("."), fs.readdirSync("/tmp"), fs.lstatSync("main.js").isFIFO(), fs.lstatSync("main.js").nlink);
