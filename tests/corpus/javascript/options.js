console.log(require("v8").getHeapStatistics().heap_size_limit, process.allowedNodeEnvironmentFlags.size > 100, process.config.variables.node_shared);
