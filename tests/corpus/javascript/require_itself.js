console.log("loaded", require("./main.js") === module.exports, module.children.length);
