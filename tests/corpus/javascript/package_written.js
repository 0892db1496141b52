const fs = require("fs");
fs.writeFileSync("package.json", "{\"type\": \"module\"}");
fs.writeFileSync("late.js", "exports.a = 1;");
try { console.log(require("./late")); } catch (error) { console.log(error.code || error.name); }
