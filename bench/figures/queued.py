"""100,000 waiting submissions: what each keeps resident, and what they do to latency."""
import contextlib
import os
import random
import statistics

from loader import Loader, waiting
from lockstep import Wrong
from rows import latency
from server import resident_bytes, scratch, server

TITLE = "Submissions that wait, the server pinned to one processor"
ALONE = False
COUNT, REQUESTS = 100_000, 200  # That wait; that a turn asks.


def measure(programs, short):
    with contextlib.ExitStack() as stack:
        idle, loaded = (Subject(programs, stack) for _ in range(2))
        each = loaded.fill()
        os.sync()  # 200 MiB were just written; what waiting costs is asked, not what writing them back costs.
        for _ in range(5 if short else 20):
            for subject in (idle, loaded):
                subject.turn()
    lines = []
    for method, path in (("POST", "accept"), ("GET", "state")):
        lines.append(latency(f"{method} ({path}), hardly any wait", idle.median(method)))
        line = latency(f"{method} ({path}), 100,000 wait", loaded.median(method))
        line["ratio"] = round(line["p50"] / lines[-1]["p50"], 3)
        line["target"], line["holds"] = "p50 <= 1.25 of before", line["ratio"] <= 1.25
        lines.append(line)
    for name, size in zip(("RSS", "PSS"), each):
        line = {"name": f"{name} of the server a waiting submission", "unit": "B", "n": COUNT, "p50": round(size)}
        line["target"], line["holds"] = "<= 1024 B", size <= 1024
        lines.append(line)
    return lines


class Subject:
    """A server and its load, from one client. There are two, asked in turns, for the machine changes too."""

    def __init__(self, programs, stack):
        directory = stack.enter_context(scratch())
        self.engine = stack.enter_context(
            server(programs.engine, "--slots", "1", processor=min(os.sched_getaffinity(0))))
        self.loader = Loader(programs, self.engine, directory)
        self.loader.post(200, 1)  # What the first use of anything costs is nobody's in particular.
        self.ids = self.submitted()
        self.turns = {"GET": [], "POST": []}

    def submitted(self):
        return self.loader.ids.read_text().split()

    def fill(self):
        """Returns what each waiting submission keeps resident."""
        already, before = waiting(self.engine), resident_bytes(self.engine.process.pid)
        self.loader.post(COUNT, 64)
        after = resident_bytes(self.engine.process.pid)
        if waiting(self.engine) != already + COUNT:
            raise Wrong(f"{already + COUNT} were accepted, {waiting(self.engine)} wait")
        self.ids += self.submitted()
        return [(now - then) / COUNT for now, then in zip(after, before)]

    def turn(self):
        self.loader.ids.write_text("\n".join(random.sample(self.ids, REQUESTS)))
        self.turns["GET"].append(self.loader.get(REQUESTS, 1))
        self.turns["POST"].append(self.loader.post(REQUESTS, 1))

    def median(self, method):
        """Of the turns."""
        turns = self.turns[method]
        return {"n": REQUESTS * len(turns),
                **{key: statistics.median(turn[key] for turn in turns) for key in ("p10", "p50", "p99", "max")}}
