const start = Date.now(), first = process.hrtime.bigint();
setTimeout(() => console.log(Date.now() - start >= 199, process.hrtime.bigint() - first >= 199000000n), 200);
let beats = 0;
const beat = setInterval(() => { if (++beats === 3) { clearInterval(beat); console.log(Date.now() - start >= 89); } }, 30);
