const fs = require("fs");
fs.writeFileSync("part.js", "exports.parent = module.parent.filename; exports.name = __filename;");
console.log(require("./part"), module.children.map(child => child.id));
