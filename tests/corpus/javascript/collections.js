const seen = new Map();
for (let i = 0; i < 50000; i++) seen.set("k" + (i % 777), (seen.get("k" + (i % 777)) || 0) + i);
console.log(seen.size, [...seen.entries()].slice(0, 3), new Set([1, 1, 2]).size, new WeakMap().has({}));
