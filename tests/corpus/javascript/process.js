console.log(process.pid, process.ppid, process.platform, process.getuid(), process.geteuid(), process.umask().toString(8), process.stdin.isTTY, process.stdout.isTTY, process.execPath);
