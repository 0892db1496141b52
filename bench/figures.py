"""What is measured: one function a figure, each of which returns the rows of its part of the table."""
import contextlib
import glob
import json
import os
import shutil
import subprocess

import docker
from bullmq import queue_figures
from lockstep import Row, Worker, Wrong, summary, take_turns
from server import processor_seconds, resident_bytes, scratch, server

MILLI = 1e6  # In nanoseconds.


class Programs:
    """Where the build leaves what is measured with."""

    def __init__(self, build):
        self.engine = build / "execution-engine"
        self.box, self.spawn = build / "bench/box", build / "bench/spawn"
        self.client, self.load = build / "bench/client", build / "bench/load"
        self.bullmq, self.postgres = build / "bench/bullmq", build / "bench/store_postgres"
        self.tiny, self.overrun = build / "bench/shown/tiny", build / "bench/overrun"


def timed(row, yardstick=None, at_most=None):
    """A line of the table; with a yardstick its median as a ratio, held to `at_most` if given."""
    line = {"name": row.name, "unit": "ns", **summary(row.times)}
    if yardstick is not None:
        line["ratio"] = round(line["p50"] / summary(yardstick.times)["p50"], 3)
    if at_most is not None:
        line["target"] = f"p50 <= {at_most} F"
        line["holds"] = line["ratio"] <= at_most
    return line


def sandbox(programs, short):
    """One run of the tiny program in a box, by reuse policy."""
    with contextlib.ExitStack() as stack:
        def box(policy, source):
            return stack.enter_context(Worker(programs.box, policy, source, programs.tiny))

        yardstick = Row("F: bare posix_spawn and wait", stack.enter_context(Worker(programs.spawn, programs.tiny)))
        put, shown = box("pool", "put"), box("pool", "image")
        submission, fresh = box("submission", "put"), box("run", "put")
        fresh_shown = box("run", "image")
        measured = [
            (Row("pool: program put in (670 KiB), run, report", put), None),  # F copies no program.
            (Row("pool: program in the image", shown), 1.5),
            (Row("pool: 20 back to back, wiping included", shown, b"b", every=5), 1.5),
            (Row("submission: first run", submission), None),
            (Row("submission: second run", submission, b"a"), None),
            (Row("run: program put in, fresh box built ahead", fresh), 4),
            (Row("run: program in the image", fresh_shown), 4),
            (Row("run: 20 back to back, building included", fresh_shown, b"b", every=10), 4),
        ]
        take_turns([yardstick, *(row for row, _ in measured)], 200 if short else 500)
    return [timed(yardstick, yardstick), *(timed(row, yardstick, limit) for row, limit in measured)]


def peers(programs, short):
    """The same program in other containers, with an F and a box of their own rounds."""
    with contextlib.ExitStack() as stack:
        def spawn(*command):
            return stack.enter_context(Worker(programs.spawn, *command))

        yardstick = Row("F: bare posix_spawn and wait", spawn(programs.tiny))
        rows = [Row("pool: program in the image", stack.enter_context(
            Worker(programs.box, "pool", "image", programs.tiny)))]
        missing = []
        if bubblewrap := shutil.which("bwrap", path="/usr/bin:/usr/local/bin"):
            command = bubblewrap_command(bubblewrap, programs.tiny)
            if subprocess.run(command, capture_output=True, env={}, check=False).stdout == b"ok\n":
                rows.append(Row("bubblewrap (no limits, no filter)", spawn(*command)))
            else:
                missing.append(("bubblewrap", "it cannot make its namespaces here"))
        else:
            missing.append(("bubblewrap", "not installed; script/bootstrap --bench brings it"))
        try:
            container = stack.enter_context(docker.Docker(programs.tiny))
            rows.append(Row("docker run --rm (no network)", spawn(*container.command), every=4))
        except docker.Unavailable as reason:
            missing.append(("docker run", str(reason)))
        take_turns([yardstick, *rows], 80 if short else 160, warm_up=4)
    return [timed(yardstick, yardstick), *(timed(row, yardstick) for row in rows),
            *({"name": name, "missing": reason} for name, reason in missing)]


def bubblewrap_command(program, tiny):
    return [program, "--unshare-all", "--die-with-parent", "--new-session", "--ro-bind", str(tiny.parent), "/t",
            "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/w", "--cap-drop", "ALL", f"/t/{tiny.name}"]


def limits(programs, short):
    """How long after its limit a run that does not end has been ended and reported."""
    limit, at_most = 150, 20
    with contextlib.ExitStack() as stack:
        def box(what, kind):
            return stack.enter_context(
                Worker(programs.box, "submission", "put", programs.overrun, what, "--limit", kind, limit))

        rows = [Row(f"CPU limit of {limit} ms passed, until the report", box("spin", "cpu")),
                Row(f"wall limit of {limit} ms passed, until the report", box("sleep", "wall")),
                Row("wall limit, while it spins", box("spin", "wall"))]
        take_turns(rows, 100 if short else 200, warm_up=2)
    lines = []
    for row in rows:
        line = timed(row)
        line["target"], line["holds"] = f"p99 <= {at_most} ms", line["p99"] <= at_most * MILLI
        lines.append(line)
    return lines


def http(programs, short):
    """What the way through HTTP, store, queue and box adds to a Bash hello."""
    with scratch() as directory, server(programs.engine) as engine, contextlib.ExitStack() as stack:
        hello = directory / "hello.sh"
        hello.write_text("echo hello\n")
        bare = Row("bare /usr/bin/bash hello.sh", stack.enter_context(Worker(programs.spawn, "/usr/bin/bash", hello)))
        through = Row("the same through HTTP, wait=true", stack.enter_context(
            Worker(programs.client, engine.port, "bash", hello, "hello\n")))
        take_turns([bare, through], 300 if short else 1000, warm_up=20)
    added = Row("added by the engine, round by round", None)
    added.times = [whole - part for whole, part in zip(through.times, bare.times)]
    line = timed(added)
    line["target"], line["holds"] = "p50 <= 3 ms", line["p50"] <= 3 * MILLI
    return [timed(bare, bare), timed(through, bare), line]


class Loader:
    """Runs the load generator on a processor of its own, where there are two."""

    def __init__(self, programs, engine, directory):
        self.program, self.port = programs.load, engine.port
        self.ids, self.body = directory / "ids", directory / "body"
        self.processor = max(os.sched_getaffinity(0))
        # 1 KiB of source, so that what is stored is not unlike what people send.
        source = "# " + "x" * 1000 + "\necho hello\n"
        # Due when all is over: what is measured is how they come in, and wait.
        self.body.write_text(json.dumps({"language": "bash", "source": source, "delayMs": 3_600_000}))

    def post(self, count, connections):
        return self._run(connections, count, "post", self.body, self.ids)

    def get(self, count, connections):
        return self._run(connections, count, "get", self.ids)

    def _run(self, connections, count, *what):
        everywhere = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {self.processor})
        try:
            done = subprocess.run([str(word) for word in (self.program, self.port, connections, count, *what)],
                                  capture_output=True, text=True, env={}, check=False)
        finally:
            os.sched_setaffinity(0, everywhere)
        if done.returncode:
            raise Wrong(done.stderr.strip())
        result = json.loads(done.stdout)
        if result["wrong"]:
            raise Wrong(f"{result['wrong']} of {count} answers were wrong: {done.stderr.strip()[:300]}")
        return result


def waiting(engine):
    """How many submissions the server itself says wait in its queue."""
    for line in engine.get("/metrics").body.decode().splitlines():
        if line.startswith("execution_engine_queue_delayed "):
            return int(float(line.split()[1]))
    raise Wrong("/metrics does not name execution_engine_queue_delayed")


def latency(name, result):
    return {"name": name, "unit": "ns", **{key: result[key] for key in ("n", "p10", "p50", "p99", "max")}}


def accept(programs, short):
    """How many submissions a second one processor takes, each durable before its 201."""
    count = 20_000 if short else 60_000
    with scratch() as directory, server(programs.engine, "--slots", "1", processor=min(os.sched_getaffinity(0))) as engine:
        loader = Loader(programs, engine, directory)
        loader.post(500, 16)
        before = processor_seconds(engine.process.pid)
        result = loader.post(count, 64)
        used = processor_seconds(engine.process.pid) - before
        if waiting(engine) != count + 500:
            raise Wrong(f"{count + 500} were accepted, {waiting(engine)} wait")
    rate = result["n"] / result["seconds"]
    return [{"name": "durable submissions a second, 64 clients", "unit": "1/s", "n": count, "p50": round(rate),
             "target": ">= 5000/s", "holds": rate >= 5000},
            latency("time to 201, 64 clients", result),
            {"name": "processor time of the server for each", "unit": "ns", "n": count, "p50": round(used / count * 1e9)}]


def postgres(programs, short):
    """How many submissions a second the PostgreSQL store accepts, on a server of its own that syncs."""
    count = 20_000 if short else 50_000
    if not glob.glob("/usr/lib/postgresql/*/bin/postgres"):
        return [{"name": "PostgreSQL", "missing": "script/bootstrap --test brings it"}]
    lines = []
    for clients in (64, 1024):
        done = subprocess.run([programs.postgres, str(count), str(clients)], capture_output=True, text=True, check=False)
        if done.returncode:
            raise Wrong(done.stderr.strip())
        rate = int(done.stdout)
        lines.append({"name": f"accepted a second by PostgreSQL, {clients} clients", "unit": "1/s", "n": count, "p50": rate,
                      "target": ">= 5000/s", "holds": rate >= 5000})
    return lines


def queued(programs, short):
    """100,000 waiting submissions: what each keeps resident, and what they do to latency."""
    count, probes = 100_000, 1_000 if short else 3_000
    with scratch() as directory, server(programs.engine, "--slots", "1", processor=min(os.sched_getaffinity(0))) as engine:
        loader = Loader(programs, engine, directory)
        loader.post(200, 1)  # What the first use of anything costs is nobody's in particular.
        few = {"POST": loader.post(probes, 1), "GET": loader.get(probes, 1)}
        already = waiting(engine)
        before = resident_bytes(engine.process.pid)
        loader.post(count, 64)
        after = resident_bytes(engine.process.pid)
        if waiting(engine) != already + count:
            raise Wrong(f"{already + count} were accepted, {waiting(engine)} wait")
        os.sync()  # 200 MiB were just written; what waiting costs is asked, not what writing them back costs.
        many = {"GET": loader.get(probes, 1), "POST": loader.post(probes, 1)}
    lines = []
    for method, path in (("POST", "accept"), ("GET", "state")):
        lines.append(latency(f"{method} ({path}), nothing waits", few[method]))
        line = latency(f"{method} ({path}), 100,000 wait", many[method])
        line["ratio"] = round(line["p50"] / few[method]["p50"], 3)
        line["target"], line["holds"] = "p50 <= 1.25 of before", line["ratio"] <= 1.25
        lines.append(line)
    for name, index in (("RSS", 0), ("PSS", 1)):
        each = (after[index] - before[index]) / count
        line = {"name": f"{name} of the server a waiting submission", "unit": "B", "n": count, "p50": round(each)}
        line["target"], line["holds"] = "<= 1024 B", each <= 1024
        lines.append(line)
    return lines


# Name -> (function, title, whether at most one of its programs wants a processor at a time).
FIGURES = {
    "sandbox": (sandbox, "A tiny static program in a box", True),
    "peers": (peers, "The same in other containers", False),
    "limits": (limits, "The end of a run that passes a limit", True),
    "http": (http, "A Bash hello through HTTP", False),
    "accept": (accept, "Accepting, the server pinned to one processor", False),
    "bullmq": (queue_figures, "Jobs that do nothing, beside Node's BullMQ on the same Redis", False),
    "postgres": (postgres, "Accepting into PostgreSQL, server and client on this machine", False),
    "queued": (queued, "Submissions that wait, the server pinned to one processor", False),
}
