console.log("2024-01-31".match(/(?<year>\d+)-(?<month>\d+)/).groups, "aXbXc".replace(/X/g, (m, at) => at), "a,b;c".split(/[,;]/), /(?<=\$)\d+/.exec("cost $42")[0]);
