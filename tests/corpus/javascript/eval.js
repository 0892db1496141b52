console.log(eval("1 + 1"), new Function("a", "return a * 2")(4), require("vm").runInNewContext("typeof require + typeof console"));
require("vm").runInThisContext("throw new Error('in vm')", { filename: "named.js" });
