exports.value = 1;
console.log(__filename, require("./main.cjs").value, module.exports, require.main === module);
