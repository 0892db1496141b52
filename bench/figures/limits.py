"""How long after its limit a run that does not end has been ended and reported."""
import contextlib

from lockstep import Row, Worker, take_turns
from rows import MILLI, timed

TITLE = "The end of a run that passes a limit"
ALONE = True


def measure(programs, short):
    limit, at_most = 150, 20
    with contextlib.ExitStack() as stack:
        def box(what, kind):
            return stack.enter_context(Worker(programs.bench / "box", "submission", "put", programs.bench / "overrun",
                                              what, "--limit", kind, limit))

        rows = [Row(f"CPU limit of {limit} ms passed, until the report", box("spin", "cpu")),
                Row(f"wall limit of {limit} ms passed, until the report", box("sleep", "wall")),
                Row("wall limit, while it spins", box("spin", "wall"))]
        take_turns(rows, 30 if short else 200, warm_up=2)
    lines = []
    for row in rows:
        line = timed(row)
        line["target"], line["holds"] = f"p99 <= {at_most} ms", line["p99"] <= at_most * MILLI
        line["bound"] = at_most * MILLI
        lines.append(line)
    return lines
