function half(v) {
  return v / 2;

console.log(half(8));
