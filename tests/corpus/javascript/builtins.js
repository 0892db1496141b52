console.log(require("module").builtinModules.length, Object.keys(process.versions).sort().join());
