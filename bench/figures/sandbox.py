"""One run of the tiny program in a box, by reuse policy."""
import contextlib

from lockstep import Row, Worker, take_turns
from rows import timed

TITLE = "A tiny static program in a box"
ALONE = True


def measure(programs, short):
    with contextlib.ExitStack() as stack:
        def box(policy, source):
            return stack.enter_context(Worker(programs.bench / "box", policy, source, programs.tiny))

        yardstick = Row("F: bare posix_spawn and wait", stack.enter_context(
            Worker(programs.bench / "spawn", programs.tiny)))
        put, shown = box("pool", "put"), box("pool", "image")
        submission, fresh = box("submission", "put"), box("run", "put")
        shown_once, fresh_shown = box("submission", "image"), box("run", "image")
        measured = [
            (Row("pool: program put in (670 KiB), run, report", put), None),  # F copies no program.
            (Row("pool: program in the image", shown), 1.25),
            (Row("pool: 20 back to back, wiping included", shown, b"b", every=5), 1.5),
            (Row("submission: program in the image", shown_once), 1.6),
            (Row("submission: program put in, first run", submission), None),
            (Row("submission: program put in, second run", submission, b"a"), None),
            (Row("run: program put in, fresh box built ahead", fresh), 4),
            (Row("run: program in the image", fresh_shown), 4),
            (Row("run: 20 back to back, building included", fresh_shown, b"b", every=10), 4),
        ]
        take_turns([yardstick, *(row for row, _ in measured)], 200 if short else 500)
    return [timed(yardstick, yardstick), *(timed(row, yardstick, limit) for row, limit in measured)]
