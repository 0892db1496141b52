console.log(JSON.stringify({ a: [1, { b: null }], c: undefined, d: new Date(0) }, null, 1), JSON.parse("[1e3]"));
JSON.parse("{broken");
