"""How far the reported processor time and peak of memory can be trusted (docs/measurement.md)."""
import contextlib
import os
import pathlib
import shutil
import statistics
import subprocess

import machine
from lockstep import Row, Worker, Wrong, percentile, take_turns
from rows import MILLI, timed
from server import scratch

TITLE = "What reports say, beside what programs used"
ALONE = False
MIB = 1 << 20
SPREAD = 0.10  # Of the loop's reported time while others want every processor.

# The kernel counts each page that a pipe gets in every memory cgroup above it, one by one (in v1). So the
# table shows these calls without a box, but as deep in cgroups, too.
PIPE_CALLS = ("system calls, 64 KiB each", ("pipe", 5_000))

# Each uses some 0.1 s.
TIMES = (
    ("pure loop", ("loop", 100_000_000)),
    ("memory walk", ("walk", 64, 10)),
    PIPE_CALLS,
    ("40 processes, 4 at a time", ("processes", 40, 2_000_000)),
    ("4 threads", ("threads", 4, 25_000_000)),
)
# A filter, any filter, makes calls that do nothing dearer by a fifth. That is no wrong report: the
# time is used. So these are held to the same calls under a filter of the program's own.
EMPTY_CALLS = 500_000
# Name, command, MiB that are touched and not given back before the end.
PEAKS = (("16 MiB touched", ("touch", 16), 16), ("64 MiB touched", ("touch", 64), 64),
         ("200 MiB touched", ("touch", 200), 200), ("8 MiB by each of 8 processes", ("share", 8, 8), 64))


class PerfStat:
    """`perf stat` of a command without a box, in a cgroup if one is named: a Worker to whom asks."""

    def __init__(self, directory, *command, cgroup=None):
        self.answer = pathlib.Path(directory) / "perf"
        self.enter = (lambda: (cgroup / "cgroup.procs").write_text("0")) if cgroup else None
        self.command = ["/usr/bin/perf", "stat", "-x", ",", "-e", "task-clock", "-o", str(self.answer), "--",
                        *(str(word) for word in command)]

    def step(self, _request):
        """One run; returns nanoseconds of task-clock, over all processes and threads."""
        done = subprocess.run(self.command, capture_output=True, env={}, check=False,
                              preexec_fn=self.enter)
        if done.returncode or done.stdout != b"ok\n":
            raise Wrong(f"{' '.join(self.command)}: {done.stderr.decode(errors='replace').strip()}")
        line = next(line for line in self.answer.read_text().splitlines() if ",task-clock," in line)
        return round(float(line.split(",")[0]) * MILLI)


def works(perf):
    """Debian's perf is a script that needs a perf of some kernel; some hosts forbid the events."""
    if not shutil.which("perf", path="/usr/bin"):
        return False
    try:
        return perf.step(b"c") > 0
    except (Wrong, StopIteration, ValueError):
        return False


@contextlib.contextmanager
def full_load(programs):
    """Twice as many programs that never rest as there are processors."""
    spinners = [subprocess.Popen([programs.bench / "overrun", "spin"], env={}) for _ in range(2 * os.cpu_count())]
    try:
        yield
    finally:
        for spinner in spinners:
            spinner.kill()
            spinner.wait()


def held_time(reported, yardstick):
    """The line of reported times: held to what the same program used without a box, round by round."""
    off = statistics.median(ours - theirs for ours, theirs in zip(reported.times, yardstick.times))
    holds = abs(off) <= max(2 * MILLI, 0.03 * statistics.median(yardstick.times))
    return {**timed(reported, yardstick), "off": round(off), "target": "off <= 2 ms or 3 %", "holds": holds}


def spread(times):
    """p95 of how far a time lies from their median, as a share of it."""
    middle = statistics.median(times)
    return round(percentile([abs(time - middle) / middle for time in times], 0.95), 4)


def held_spread(reported, yardstick):
    """Two lines: what the loop's time without a box says of the machine, and what is held to the bound."""
    ours, machines = spread(reported.times), spread(yardstick.times)
    return [{**timed(yardstick), "spread": machines, "target": f"(p95 spread {machines:.0%})"},
            {**timed(reported), "spread": ours, "target": f"p95 spread {ours:.0%} < {SPREAD:.0%}", "holds": ours < SPREAD}]


def times(programs, short, directory):
    known = programs.bench / "known"
    with contextlib.ExitStack() as stack:
        perf_works = works(PerfStat(directory, known, "loop", 1))
        judge = "perf stat" if perf_works else "getrusage"

        def bare(name, *command):
            worker = (PerfStat(directory, known, *command) if perf_works else
                      stack.enter_context(Worker(programs.bench / "spawn", known, *command)))
            return Row(f"{name}: {judge}", worker, b"c")

        def boxed(*command):
            worker = stack.enter_context(Worker(programs.bench / "box", "pool", "put", known, *command))
            return Row("  reported", worker, b"c")

        cgroup = stack.enter_context(machine.box_like_memory_cgroup())
        # What is judged, what boxes report, and what else is shown beside it.
        compared = [(bare(name, *command), boxed(*command), []) for name, command in TIMES]
        if perf_works and cgroup:
            calls = PerfStat(directory, known, *PIPE_CALLS[1], cgroup=cgroup)
            compared[TIMES.index(PIPE_CALLS)][2].append(Row("  as deep in memory cgroups: perf stat", calls, b"c"))
        compared.append((bare("empty system calls, filtered", "filtered", EMPTY_CALLS), boxed("calls", EMPTY_CALLS),
                         [bare("  without any filter", "calls", EMPTY_CALLS)]))
        rows = [row for judged, reported, beside in compared for row in (judged, reported, *beside)]
        take_turns(rows, 5 if short else 100, warm_up=2)
        loaded = [Row(f"pure loop, under full load: {judge}", compared[0][0].worker, b"c"),
                  Row("  reported", compared[0][1].worker, b"c")]
        with full_load(programs):
            take_turns(loaded, 6 if short else 100, warm_up=2)
    lines = []
    for judged, reported, beside in compared:
        lines += [timed(judged), held_time(reported, judged), *(timed(row, reported) for row in beside)]
    return [*lines, *held_spread(loaded[1], loaded[0])]


def peaks(programs, short):
    with contextlib.ExitStack() as stack:
        rows = [Row(f"{name}: reported peak", stack.enter_context(
            Worker(programs.bench / "box", "pool", "put", programs.bench / "known", *command)), b"m")
            for name, command, _ in PEAKS]
        take_turns(rows, 10 if short else 50, warm_up=1)
    return [held_peak(row, mib * MIB) for row, (_, _, mib) in zip(rows, PEAKS)]


def held_peak(row, touched):
    """Every single run is held to it: what is allocated is not a matter of chance."""
    worst = max(row.times, key=lambda peak: abs(peak - touched))
    holds = abs(worst - touched) <= 0.05 * touched + MIB
    return {**timed(row), "unit": "B", "ratio": round(worst / touched, 3), "target": "off <= 5 % + 1 MiB",
            "holds": holds}


def measure(programs, short):
    with scratch() as directory:
        return [*times(programs, short, directory), *peaks(programs, short)]
