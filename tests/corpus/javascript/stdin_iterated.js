// stdin: a b c
(async () => { for await (const part of process.stdin) console.log(part.length, String(part)); })();
