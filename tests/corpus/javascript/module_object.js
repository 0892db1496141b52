console.log(Object.keys(module), module.loaded, this === module.exports, arguments.length);
