"""How many submissions a second one processor takes, each durable before its 201."""
import os

from loader import Loader, waiting
from lockstep import Wrong
from rows import latency, rate
from server import processor_seconds, scratch, server

TITLE = "Accepting, the server pinned to one processor"
ALONE = False


def measure(programs, short):
    count = 20_000 if short else 60_000
    with scratch() as directory, server(programs.engine, "--slots", "1", processor=min(os.sched_getaffinity(0))) as engine:
        loader = Loader(programs, engine, directory)
        loader.post(500, 16)
        before = processor_seconds(engine.process.pid)
        result = loader.post(count, 64)
        used = processor_seconds(engine.process.pid) - before
        if waiting(engine) != count + 500:
            raise Wrong(f"{count + 500} were accepted, {waiting(engine)} wait")
    return [rate("durable submissions a second, 64 clients", count, result["n"] / result["seconds"], 10_000),
            latency("time to 201, 64 clients", result),
            {"name": "processor time of the server for each", "unit": "ns", "n": count, "p50": round(used / count * 1e9)}]
