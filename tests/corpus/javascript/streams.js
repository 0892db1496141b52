const { Readable, Transform, pipeline } = require("stream");
pipeline(Readable.from(["a", "b"]), new Transform({ transform(part, _, done) { done(null, String(part).toUpperCase()); } }), process.stdout, error => console.error("over", error));
