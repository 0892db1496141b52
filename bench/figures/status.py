"""How many questions for a submission's state a second one processor answers."""
import os

from loader import Loader
from lockstep import Wrong
from rows import latency, rate
from server import processor_seconds, scratch, server

TITLE = "GET /api/v1/submissions/{id}, the server pinned to one processor"
ALONE = False
HELLO = {"language": "bash", "source": "echo hello\n"}


def measure(programs, short):
    count, finished = 60_000 if short else 200_000, 200
    lines = []
    with scratch() as directory, server(programs.engine, "--slots", "1", processor=min(os.sched_getaffinity(0))) as engine:
        loader = Loader(programs, engine, directory)
        ids = [engine.submit(HELLO) for _ in range(finished)]
        for number in ids:
            if engine.wait(number)["verdict"] != "accepted":
                raise Wrong("a hello was not accepted")
        loader.ids.write_text("\n".join(ids))
        lines += asked(loader, engine, count, "finished")
        loader.post(1_000, 16)
        lines += asked(loader, engine, count, "queued")
    return lines


def asked(loader, engine, count, state):
    loader.get(2_000, 64, state)
    before = processor_seconds(engine.process.pid)
    result = loader.get(count, 64, state)
    used = processor_seconds(engine.process.pid) - before
    return [rate(f"answers a second, {state}, 64 clients", count, result["n"] / result["seconds"], 20_000),
            latency(f"time to the answer, {state}, 64 clients", result),
            {"name": f"processor time of the server for each, {state}", "unit": "ns", "n": count,
             "p50": round(used / count * 1e9)}]
