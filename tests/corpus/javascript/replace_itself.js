const fs = require("fs");
try { fs.renameSync("main.js", "other.js"); console.log(fs.readdirSync(".")); } catch (error) { console.log(error.code); }
