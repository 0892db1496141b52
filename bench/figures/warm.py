"""Programs of Python in a box, the interpreter started for them or gone on from; beside ones without any box."""
import contextlib
import pathlib
import subprocess
import tempfile

from lockstep import Row, Worker, take_turns
from rows import timed

TITLE = "Python, from a started interpreter"
ALONE = True
PYTHON = "/usr/bin/python3"
HELLO = 'print("ok")\n'


def has_numpy():
    return subprocess.run([PYTHON, "-c", "import numpy"], capture_output=True, env={}, check=False).returncode == 0


def measure_hello(stack, programs, directory, rounds):
    hello = directory / "hello.py"
    hello.write_text(HELLO)

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
    take_turns([yardstick, *(row for row, _ in measured)], rounds)
    return [timed(yardstick, yardstick), *(timed(row, yardstick, limit) for row, limit in measured)]


def measure_numpy(stack, programs, directory, rounds):
    """The import is most of what such a program takes."""
    program = directory / "array.py"
    program.write_text("import numpy\n" + HELLO)
    bare = Row("F: python3 that imports NumPy, no box", stack.enter_context(Worker(programs.bench / "spawn", PYTHON, program)))
    warm = Row("pool: warm, NumPy preloaded", stack.enter_context(
        Worker(programs.bench / "box", "pool", "warm", program, "--preload", "numpy")))
    take_turns([bare, warm], rounds)
    return [timed(bare, bare), timed(warm, bare, 0.067)]


def measure(programs, short):
    with contextlib.ExitStack() as stack:
        directory = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        lines = measure_hello(stack, programs, directory, 60 if short else 300)
        if not has_numpy():
            return [*lines, {"name": "NumPy", "missing": "script/bootstrap --bench installs it"}]
        return lines + measure_numpy(stack, programs, directory, 20 if short else 100)
