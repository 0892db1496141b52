const { a, b: { c = 5, ...rest } = {}, ...others } = { a: 1, b: { d: 2, e: 3 }, f: 4 };
console.log(a, c, rest, others, ...[1, 2], Math.max(...[3, 9]), ((x, y = x * 2, ...z) => [x, y, z])(1, undefined, 3));
