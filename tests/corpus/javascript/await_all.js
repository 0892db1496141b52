const nap = (ms, text) => new Promise(done => setTimeout(done, ms, text));
(async () => console.log(await Promise.all([nap(20, "a"), nap(10, "b"), nap(1, "c")]), await Promise.race([nap(50, "slow"), nap(1, "quick")])))();
