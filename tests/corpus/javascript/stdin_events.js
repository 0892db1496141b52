// stdin: some text
let all = "";
process.stdin.setEncoding("utf8").on("data", part => all += part).on("end", () => console.log("[" + all + "]", process.stdin.constructor.name));
