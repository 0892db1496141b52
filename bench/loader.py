"""The load generator, run beside a server."""
import json
import os
import subprocess

from lockstep import Wrong


class Loader:
    """Runs the load generator on a processor of its own, where there are two."""

    def __init__(self, programs, engine, directory):
        self.program, self.port = programs.bench / "load", engine.port
        self.ids, self.body = directory / "ids", directory / "body"
        self.processor = max(os.sched_getaffinity(0))
        # 1 KiB of source, so that what is stored is not unlike what people send.
        source = "# " + "x" * 1000 + "\necho hello\n"
        # Due when all is over: what is measured is how they come in, and wait.
        self.body.write_text(json.dumps({"language": "bash", "source": source, "delayMs": 3_600_000}))

    def post(self, count, connections):
        return self._run(connections, count, "post", self.body, self.ids)

    def get(self, count, connections, state="queued"):
        return self._run(connections, count, "get", self.ids, state)

    def _run(self, connections, count, *what):
        everywhere = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {self.processor})
        try:
            return measure_load(self.program, self.port, connections, count, *what)
        finally:
            os.sched_setaffinity(0, everywhere)


def measure_load(*command):
    """What the load generator says of one load, every answer of which was right."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, env={}, check=False)
    if done.returncode:
        raise Wrong(done.stderr.strip())
    result = json.loads(done.stdout)
    if result["wrong"]:
        raise Wrong(f"{result['wrong']} of {result['n']} answers were wrong: {done.stderr.strip()[:300]}")
    return result


def waiting(engine):
    """How many submissions the server itself says wait in its queue."""
    for line in engine.get("/metrics").body.decode().splitlines():
        if line.startswith("execution_engine_queue_delayed "):
            return int(float(line.split()[1]))
    raise Wrong("/metrics does not name execution_engine_queue_delayed")
