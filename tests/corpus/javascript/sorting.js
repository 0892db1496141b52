let seed = 1;
const next = () => seed = seed * 48271 % 2147483647;
const list = Array.from({ length: 100000 }, next).sort((a, b) => a - b);
console.log(list[0], list[50000], list[99999]);
