"""What the way through HTTP, store, queue and box adds to a Bash hello."""
import contextlib

import machine
from lockstep import Row, Worker, take_turns
from rows import MILLI, timed
from server import e2e, scratch, server

TITLE = "A Bash hello through HTTP"
ALONE = False


def measure(programs, short):
    with scratch() as directory, server(programs.engine) as engine, contextlib.ExitStack() as stack:
        hello = directory / "hello.sh"
        hello.write_text("echo hello\n")
        bare = Row("bare /usr/bin/bash hello.sh", stack.enter_context(
            Worker(programs.bench / "spawn", "/usr/bin/bash", hello)))
        through = Row("the same through HTTP, wait=true", stack.enter_context(
            Worker(programs.bench / "client", engine.port, "bash", hello, "hello\n")))
        inside = Row("the same in one process, without HTTP", stack.enter_context(
            Worker(programs.bench / "session", "bash", hello, "hello\n", environment={
                "EXECUTION_ENGINE_LANGUAGES": str(e2e.ROOT / "languages"),
                "EXECUTION_ENGINE_SANDBOX_CGROUP_PARENT": machine.BOXES})))
        take_turns([bare, inside, through], 300 if short else 1000, warm_up=20)
    return [timed(bare, bare), timed(inside, bare), timed(through, bare),
            added("added by the engine, round by round", through, bare, 3),
            added("of that by HTTP, round by round", through, inside, 0.3)]


def added(name, whole, part, most):
    """By what the whole takes longer than its part; `most` in milliseconds."""
    row = Row(name, None)
    row.times = [longer - shorter for longer, shorter in zip(whole.times, part.times)]
    line = timed(row)
    return {**line, "target": f"p50 <= {most} ms", "bound": most * MILLI, "holds": line["p50"] <= most * MILLI}
