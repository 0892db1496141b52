const server = require("http").createServer((request, response) => response.end("served " + request.url));
server.listen(0, "127.0.0.1", () => require("http").get({ port: server.address().port, host: "127.0.0.1", path: "/x" }, response => response.on("data", part => console.log(String(part))).on("end", () => server.close()))).on("error", error => console.log(error.code));
