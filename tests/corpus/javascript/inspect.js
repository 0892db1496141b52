const util = require("util");
class Point { #secret = 1; constructor(x) { this.x = x; } get double() { return this.x * 2; } }
console.log(new Point(3), util.inspect(new Map([[1, { a: [1, [2, [3]]] }]]), { depth: 5 }), [undefined, null, -0, NaN, 1n, Symbol("s")], function named() {}, new Proxy({}, {}), new Date(0), /x/g);
