const EventEmitter = require("events");
const one = new EventEmitter();
one.once("x", (...all) => console.log("once", all)).on("x", () => console.log("on"));
one.emit("x", 1); one.emit("x", 2);
one.emit("error", new Error("unheard"));
