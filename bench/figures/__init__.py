"""What is measured: the parts of the table, each a module of this folder.

A part has TITLE; ALONE, whether at most one of its programs wants a processor at a time; and
measure(programs, short), which returns its rows (see rows.py).
"""
import importlib

NAMES = (
    "sandbox",
    "throughput",
    "peers",
    "warm",
    "limits",
    "measurement",
    "http",
    "languages",
    "compile",
    "javac",
    "endtoend",
    "reuse",
    "manytests",
    "accept",
    "status",
    "waiting",
    "bullmq",
    "postgres",
    "queued",
)
FIGURES = {name: importlib.import_module(f"{__name__}.{name}") for name in NAMES}


class Programs:
    """Where the build leaves what is measured with."""

    def __init__(self, build):
        self.engine, self.bench = build / "execution-engine", build / "bench"
        self.tiny = self.bench / "shown/tiny"
