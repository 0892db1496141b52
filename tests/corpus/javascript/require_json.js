const fs = require("fs");
fs.writeFileSync("/box/data.json", "{\"a\": [1, 2]}");
console.log(require("./data"), require.resolve("./data"), require.resolve.paths("x"));
