const zlib = require("zlib");
const packed = zlib.gzipSync("text ".repeat(1000));
console.log(packed.length < 200, zlib.gunzipSync(packed).length);
zlib.deflate("x", (error, out) => console.log(error, out.length));
