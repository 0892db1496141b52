"""Runs of the tiny program a second, by two workers without a pause, the end of every box included."""
import contextlib

from lockstep import Row, Worker, summary, take_turns

TITLE = "A tiny static program in boxes, two workers without a pause"
ALONE = False

SLICE = 2e9  # Nanoseconds; of bench/box.cc and bench/spawn.c.


def a_second(row, yardstick=None, at_least=None):
    """A line of the table: the runs of all slices by their time, as a share of the yardstick's."""
    rates = sorted(1e9 / time for time in row.times)
    mean = sum(rates) / len(rates)
    line = {"name": row.name, "unit": "1/s", "n": round(mean * len(rates) * SLICE / 1e9),
            **{key: round(value) for key, value in summary(rates).items() if key.startswith("p")}, "p50": round(mean)}
    if yardstick is not None:
        bare = sum(1e9 / time for time in yardstick.times) / len(yardstick.times)
        line["ratio"] = round(mean / bare, 3)
    if at_least is not None:
        line["target"], line["bound"] = f">= {at_least} F", round(at_least * bare)
        line["holds"] = line["ratio"] >= at_least
    return line


def measure(programs, short):
    with contextlib.ExitStack() as stack:
        def box(policy, *more):
            return stack.enter_context(
                Worker(programs.bench / "box", policy, "image", programs.tiny, "--workers", 2, *more))

        yardstick = Row("F: bare posix_spawn and wait, two processes", stack.enter_context(
            Worker(programs.bench / "spawn", programs.tiny)), b"t")
        measured = [(Row("pool: wiped for every run", box("pool"), b"t"), 0.6),
                    (Row("submission: a fresh box for every run", box("submission"), b"t"), 0.35),
                    (Row("submission, each on a processor of its own", box("submission", "--pin"), b"t"), 0.35)]
        take_turns([yardstick, *(row for row, _ in measured)], 3 if short else 15, warm_up=1)
    return [a_second(yardstick, yardstick), *(a_second(row, yardstick, least) for row, least in measured)]
