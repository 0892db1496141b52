const fs = require("fs");
for (const path of ["main.js", "/usr/x", "/etc/x"]) {
  try { fs.appendFileSync(path, "x"); console.log("written", path); } catch (error) { console.log(error.code, path); }
}
