console.log(new Error("here").stack);
console.log((() => new Error("there").stack.split("\n").length)());
Error.prepareStackTrace = (error, sites) => sites.map(site => [site.getFileName(), site.getLineNumber()].join(":"));
console.log(new Error("x").stack);
