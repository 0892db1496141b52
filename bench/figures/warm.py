"""A hello of Python in a box, the interpreter started for it or gone on from; beside one without any box."""
import contextlib
import pathlib
import tempfile

from lockstep import Row, Worker, take_turns
from rows import timed

TITLE = "A hello of Python, from a started interpreter"
ALONE = True
PYTHON = "/usr/bin/python3"


def measure(programs, short):
    with contextlib.ExitStack() as stack:
        hello = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()), "hello.py")
        hello.write_text('print("ok")\n')

        def box(policy, source):
            return stack.enter_context(Worker(programs.bench / "box", policy, source, hello))

        yardstick = Row("F: python3, no box", stack.enter_context(Worker(programs.bench / "spawn", PYTHON, hello)))
        warm, fresh = box("pool", "warm"), box("pool", "fresh")
        submission = box("submission", "warm")
        measured = [
            (Row("pool: warm", warm), 0.333),
            (Row("submission: warm", submission), 0.333),
            (Row("submission: warm, 20 back to back, building included", submission, b"b", every=10), None),
            (Row("pool: fresh", fresh), None),
        ]
        take_turns([yardstick, *(row for row, _ in measured)], 100 if short else 300)
    return [timed(yardstick, yardstick), *(timed(row, yardstick, limit) for row, limit in measured)]
