"""What the machine is, and how busy others kept it while we measured."""
import contextlib
import os
import pathlib
import platform
import time

BOXES = "execution-engine-bench"  # The cgroup of all boxes of the benchmark; bench/box.cc names it too.
LIMIT = 0.10  # Above this share of waiting or of foreign work a figure says more about the others.


def pressure():
    """Microseconds in which some task waited for a processor, since the start of the machine."""
    try:
        line = pathlib.Path("/proc/pressure/cpu").read_text().splitlines()[0]
    except OSError:
        return None
    return int(line.rpartition("total=")[2])


def processor_seconds():
    """(busy, stolen) of all processors since the start of the machine."""
    fields = [int(field) for field in pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    user, nice, system, _idle, _iowait, irq, softirq, steal = fields
    tick = os.sysconf("SC_CLK_TCK")
    return (user + nice + system + irq + softirq) / tick, steal / tick


@contextlib.contextmanager
def boxes_cgroup():
    """Keeps the cgroup that all boxes of the benchmark lie in: an engine removes it when it is empty."""
    kept = boxes_directory() / "kept"
    kept.mkdir(parents=True, exist_ok=True)
    try:
        yield
    finally:
        for directory in (kept, kept.parent):
            with contextlib.suppress(OSError):
                directory.rmdir()


def boxes_directory():
    mounts = [line.split() for line in pathlib.Path("/proc/mounts").read_text().splitlines()]
    v2 = [words[1] for words in mounts if words[2] == "cgroup2"]
    v1 = [words[1] for words in mounts if words[2] == "cgroup" and "cpuacct" in words[3].split(",")]
    return pathlib.Path((v2 + v1)[0], BOXES)


@contextlib.contextmanager
def box_like_memory_cgroup():
    """A memory cgroup as many levels down as those of native boxes are, in v1; none where v2 has memory."""
    mounts = [line.split() for line in pathlib.Path("/proc/mounts").read_text().splitlines()]
    v1 = [words[1] for words in mounts if words[2] == "cgroup" and "memory" in words[3].split(",")]
    counts_swap = v1 and pathlib.Path(v1[0], "memory.memsw.limit_in_bytes").exists()
    below = ("alike.box",) if counts_swap else ("alike.box", "alike.box/run")
    levels = [pathlib.Path(v1[0], BOXES, name) for name in below] if v1 else []
    try:
        if levels:
            levels[-1].mkdir(parents=True, exist_ok=True)
        yield levels[-1] if levels else None
    finally:
        for directory in reversed(levels):
            with contextlib.suppress(OSError):
                directory.rmdir()


def own_seconds():
    """Processor time of this program, of what it started and has waited for, and of its boxes.

    A box dies with all that is in it at once, and nobody waits for what was inside.
    """
    times, directory = os.times(), boxes_directory()
    with contextlib.suppress(OSError):
        words = (directory / "cpu.stat").read_text().split()
        return sum(times[:4]) + int(words[words.index("usage_usec") + 1]) / 1e6
    return sum(times[:4]) + int((directory / "cpuacct.usage").read_text()) / 1e9


class Watch:
    """Compares the machine before and after a figure.

    `alone`: at most one program of the figure wants a processor at a time, so every wait for one
    is the others' doing. Elsewhere only processor time can be told apart, not waiting.
    """

    SETTLE = 1.0

    def __init__(self, alone):
        self.alone = alone

    def __enter__(self):
        before = self._look()
        time.sleep(self.SETTLE)
        self.start = self._look()
        self.before = self._share(before, self.start)
        self.load_before = os.getloadavg()[0]
        return self

    def __exit__(self, *_):
        end = self._look()
        seconds = end["at"] - self.start["at"]
        during = self._share(self.start, end)
        processors = os.cpu_count()
        foreign = (end["busy"] - self.start["busy"]) - (end["own"] - self.start["own"])
        self.noise = {
            "seconds": round(seconds, 1),
            "loadBefore": self.load_before,
            "loadAfter": os.getloadavg()[0],
            "cpuPressureBefore": self.before,
            "cpuPressureDuring": during,
            "foreignCpu": round(max(0.0, foreign) / seconds / processors, 3),
            "stolen": round((end["stolen"] - self.start["stolen"]) / seconds / processors, 3),
        }
        self.noise["reasons"] = self._reasons()

    def _look(self):
        busy, stolen = processor_seconds()
        return {"at": time.monotonic(), "pressure": pressure(), "busy": busy, "stolen": stolen, "own": own_seconds()}

    @staticmethod
    def _share(start, end):
        if start["pressure"] is None:
            return None
        return round((end["pressure"] - start["pressure"]) / 1e6 / (end["at"] - start["at"]), 3)

    def _reasons(self):
        noise = self.noise
        judged = [("cpu pressure before", noise["cpuPressureBefore"]), ("stolen", noise["stolen"])]
        if self.alone:
            judged.append(("cpu pressure during", noise["cpuPressureDuring"]))
        else:
            judged.append(("other work", noise["foreignCpu"]))
        return [f"{what} {share:.0%}" for what, share in judged if share is not None and share > LIMIT]


def facts(directory):
    """What a reader needs to compare: kernel, processors, cgroups, file system, how fast a flush is."""
    model = next((line.partition(": ")[2] for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())
    memory = int(pathlib.Path("/proc/meminfo").read_text().split()[1])
    return {"kernel": platform.release(), "processor": model, "processors": os.cpu_count(),
            "memoryGiB": round(memory / 1048576, 1), "cgroups": cgroups(), "flushUs": flush_time(directory)}


def cgroups():
    kinds = {line.split()[2] for line in pathlib.Path("/proc/mounts").read_text().splitlines()}
    if "cgroup" in kinds:
        return "hybrid" if "cgroup2" in kinds else "v1"
    return "v2" if "cgroup2" in kinds else "none"


def flush_time(directory):
    """Median of fdatasync after a 4 KiB write, microseconds: a virtual disk may only pretend."""
    path = pathlib.Path(directory) / "flush"
    times = []
    with open(path, "wb", buffering=0) as file:
        for _ in range(50):
            file.write(bytes(4096))
            start = time.perf_counter_ns()
            os.fdatasync(file.fileno())
            times.append((time.perf_counter_ns() - start) // 1000)
    path.unlink()
    return sorted(times)[len(times) // 2]
