const { performance, PerformanceObserver } = require("perf_hooks");
performance.mark("a"); performance.mark("b");
console.log(performance.measure("m", "a", "b").duration < 1000, performance.getEntriesByType("mark").length, performance.now() > 0, process.hrtime.bigint() > 0n, process.uptime() > 0);
