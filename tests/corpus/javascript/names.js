console.log(__filename, __dirname, require.main === module, module.id, module.paths, module.parent, Object.keys(require.cache));
