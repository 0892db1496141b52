"""Runs the rows of a table in turns, A B C A B C, so that what disturbs one disturbs all alike."""
import dataclasses
import subprocess
import sys
import time


class Wrong(Exception):
    """A measured run did not do what it must; there is no figure then."""


class Worker:
    """A program that does one measured step for each byte and answers "NANOSECONDS ok"."""

    def __init__(self, *command, environment=None):
        self.command = [str(word) for word in command]
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0,
                                        env=environment or {})
        self.reader = open(self.process.stdout.fileno(), encoding="utf-8", errors="replace", closefd=False)

    def step(self, request=b"r"):
        """One step; returns nanoseconds."""
        self.process.stdin.write(request)
        time_text, _, word = self.reader.readline().strip().partition(" ")
        if word != "ok":
            raise Wrong(f"{' '.join(self.command)}: {word or 'died'}")
        return int(time_text)

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


@dataclasses.dataclass
class Row:
    """One line of a table: what is measured, by which worker, and what was promised."""

    name: str
    worker: Worker
    request: bytes = b"r"
    every: int = 1  # Takes part in every so many rounds: for what is slow.
    times: list = dataclasses.field(default_factory=list)


def take_turns(rows, rounds, warm_up=5):
    """Measures every row once a round, after some rounds that do not count."""
    for number in range(-warm_up, rounds):
        for row in rows:
            if number % row.every == 0:
                nanoseconds = row.worker.step(row.request)
                if number >= 0:
                    row.times.append(nanoseconds)
        if number % 50 == 0 and sys.stderr.isatty():
            print(f"\r   {max(number, 0)}/{rounds} ", end="", file=sys.stderr, flush=True)


def percentile(values, share):
    """The value below which `share` of them lie: nearest rank, never interpolated."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def summary(values):
    return {"n": len(values), "p10": percentile(values, 0.10), "p50": percentile(values, 0.50),
            "p99": percentile(values, 0.99), "max": max(values)}


def wait_until(condition, patience, what):
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            raise Wrong(f"{what}: not within {patience} s")
        time.sleep(0.02)
