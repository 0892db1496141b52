"""Stands beside attacks: a neighbour that keeps working in the other slot, and a look at what they leave."""
import collections
import contextlib
import json
import os
import pathlib
import re
import signal
import threading
import time

from engine import HOSTILE, source
from services import EngineOnDocker, wait_until

# Small enough for every attack to reach them, in seconds.
LIMITS = {"memoryBytes": 128 << 20, "processes": 32, "wallTimeMs": 3000, "cpuTimeMs": 1500,
          "outputBytes": 64 << 10, "diskBytes": 16 << 20, "files": 1000}
LANGUAGE = {".c": "c", ".cpp": "cpp", ".py": "python", ".sh": "bash"}

SLOTS, WARM = 2, 2  # Containers that wait, for each slot.
IDS_PER_BOX, PAYLOAD_ID = 65536, 1000  # What foreign code is, counted within its box's range.
MOST_BOXES = 2 * (SLOTS + SLOTS + 1)  # Running, in stock, and as many again that still die.
FILES_OF_BOX = 20  # Some more than the manager has open of each box's groups.

# An honest program with fixed steps, of which it measures each, until it is told to stop.
STEPS = """
import json, signal, sys, time
over = []
signal.signal(signal.SIGTERM, lambda *_: over.append(1))
print("begun", flush=True)
before, wall = time.process_time(), []
while not over:
    began = time.monotonic()
    sum(range(150_000))
    time.sleep(0.01)
    wall.append(time.monotonic() - began)
cpu = time.process_time()
print(json.dumps({"steps": len(wall), "cpu": (cpu - before) * 1000 / len(wall),
                  "wall": sorted(wall)[len(wall) // 2] * 1000, "total": cpu * 1000}))
"""


def v1_only():
    return not any("cgroup2" in line.split()[2] for line in pathlib.Path("/proc/mounts").read_text().splitlines())


FREE_WITHIN = 5 if v1_only() else 1  # Seconds, after the answer.


def descendants(pid):
    with contextlib.suppress(OSError):
        for children in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
            for child in children.read_text().split():
                yield child
                yield from descendants(child)


def linked(pid, what):
    with contextlib.suppress(OSError):
        return os.readlink(f"/proc/{pid}/{what}")
    return None


class Neighbour:
    """One run of STEPS, from where it has begun until it is told to stop."""

    def __init__(self, engine):
        self.engine = engine
        self.mark = f"neighbour-{os.getpid()}-{time.monotonic_ns()}"

    def __enter__(self):
        self.id = self.engine.submit({"language": "python", "source": STEPS, "args": [self.mark],
                                      "limits": {"wallTimeMs": 60000, "cpuTimeMs": 30000}})
        assert any(name == "output" for name, _ in self.engine.events(self.id)), "the neighbour did not begin"
        return self

    def pids(self):
        for cmdline in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                if self.mark.encode() in cmdline.read_bytes().split(b"\0"):
                    yield cmdline.parent.name

    def stop(self):
        """Returns what the engine and the program itself say of the run."""
        for pid in self.pids():
            os.kill(int(pid), signal.SIGTERM)
        submission = self.engine.wait(self.id)
        assert submission["verdict"] == "accepted", submission
        run = submission["runs"][0]
        return run["usage"], json.loads(run["stdout"].splitlines()[1])

    def __exit__(self, *_):
        self.engine.request("DELETE", f"/api/v1/submissions/{self.id}")  # 409 where it has ended.


class Witness:
    """An idle engine of two slots, as it is before any attack."""

    def __init__(self, engine):
        self.engine = engine
        self.run = engine.run
        self.on_docker = isinstance(engine, EngineOnDocker)
        together = [threading.Thread(target=self.next_run) for _ in range(SLOTS)]
        for thread in together:
            thread.start()
        for thread in together:
            thread.join()
        with Neighbour(engine) as alone:
            time.sleep(1)  # Some steps to measure.
            self.alone = alone.stop()
        self.idle = self.settled()

    def attack(self, program, **limits):
        """Runs an attack beside the neighbour; returns the submission and its run."""
        path = HOSTILE / program
        return self.attack_with({"language": LANGUAGE[path.suffix], "source": source(path)}, **limits)

    def attack_with(self, submission, **limits):
        with Neighbour(self.engine) as neighbour:
            submission = self.attack_alone(submission, **limits)
            self.assert_gone(neighbour)
            phases = self.next_run()["phases"]  # The neighbour has the only other slot.
            assert phases["queuedMs"] < FREE_WITHIN * 1000, phases
            assert phases["preparingMs"] < (5000 if self.on_docker else FREE_WITHIN * 1000), phases
            self.assert_undisturbed(*neighbour.stop())
        self.assert_nothing_left()
        return submission, submission["runs"][0] if submission["runs"] else None

    def attack_alone(self, submission, **limits):
        return self.run({**submission, "limits": {**LIMITS, **limits}})

    def next_run(self):
        """Finds an empty box."""
        answer = self.run({"language": "bash", "source": "ls -A /box /tmp /dev/shm; echo ok"})
        assert "left" not in answer["runs"][0]["stdout"] and answer["runs"][0]["stdout"].endswith("ok\n"), answer
        return answer

    # ---- the neighbour

    def assert_undisturbed(self, usage, own):
        usage_alone, own_alone = self.alone
        assert own["steps"] >= 1, own
        # What the engine has counted is the neighbour's alone.
        assert abs(usage["cpuTimeMs"] - own["total"]) < 50 + 0.1 * own["total"], (usage, own)
        assert usage["processes"] == usage_alone["processes"], usage
        assert usage["memoryBytes"] < usage_alone["memoryBytes"] + (8 << 20), (usage, usage_alone)
        # Caches and processors are shared, so a step may take longer; but not as among equals in a crowd.
        assert own["cpu"] < 2 * own_alone["cpu"] + 5, (own, own_alone)
        assert own["wall"] < 4 * own_alone["wall"], (own, own_alone)

    # ---- what is left

    def foreign_processes(self):
        """Sets of processes that are not an init's own; one set for each box that has any."""
        if self.on_docker:
            return [found for found in (set(descendants(pid)) for pid in self.engine.supervisors()) if found]
        boxes = {}
        for pid in descendants(self.engine.process.pid):
            with contextlib.suppress(OSError, StopIteration):
                status = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
                uid = next(int(line.split()[1]) for line in status if line.startswith("Uid:"))
                if uid > IDS_PER_BOX and uid % IDS_PER_BOX == PAYLOAD_ID:
                    boxes.setdefault(uid, set()).add(pid)
        return list(boxes.values())

    def assert_gone(self, neighbour=None):
        """Of all boxes, only the neighbour's may have processes a second after the answer."""
        deadline = time.monotonic() + FREE_WITHIN
        while True:
            own = set(neighbour.pids()) if neighbour else set()
            others = [box for box in self.foreign_processes() if not box & own]
            if not others:
                return
            assert time.monotonic() < deadline, f"processes are left: {others}"
            time.sleep(0.01)

    def assert_nothing_left(self):
        self.assert_gone()
        left = self.settled(self.idle)
        assert all(left[what] <= self.idle[what] for what in left), (left, self.idle)

    def settled(self, aim=None):
        """The footprint when it is down to the aim, or has not changed for a while; a second at most."""
        deadline = time.monotonic() + (10 if self.on_docker else FREE_WITHIN)
        last, since = self.footprint(), time.monotonic()
        while time.monotonic() < deadline:
            if aim and all(last[what] <= aim[what] for what in last):
                break
            time.sleep(0.02)
            now = self.footprint()
            if now != last:
                last, since = now, time.monotonic()
            elif not aim and time.monotonic() - since > 0.3:
                break
        return last

    def footprint(self):
        """How much there is of what a run could leave behind on the host."""
        files = [str(path) for path in self.engine.data.rglob("*")
                 if path.is_file() and (path.parent.name == "tmp" or "outputs" not in path.parts)]
        strangers = sum(1 for place in ("/", "/tmp", "/var/tmp", "/dev/shm", "/run") for entry in os.scandir(place)
                        if entry.stat(follow_symlinks=False).st_uid > IDS_PER_BOX)
        common = {"files": len(files), "files of foreign users": strangers}
        if self.on_docker:
            containers = max(len(self.engine.containers()), SLOTS * WARM)
            return {**common, "containers": containers}
        pids = [str(self.engine.process.pid), *descendants(self.engine.process.pid)]
        spaces = {linked(pid, "ns/mnt"): pid for pid in pids}
        spaces.pop(linked("self", "ns/mnt"), None)  # The engine's own is the host's, where others mount too.
        mounts = 0
        for pid in spaces.values():
            with contextlib.suppress(OSError):
                mounts += len(pathlib.Path(f"/proc/{pid}/mountinfo").read_text().splitlines())
        return {**common, "processes": len(pids), "mount namespaces": len(spaces), "mounts": mounts,
                "networks": len({linked(pid, "ns/net") for pid in pids}), **self.kept()}

    def kept(self):
        """Cgroups, and descriptors: any may keep a box, a pipe or a memory file alive. The groups of dead
        boxes serve the next ones, so empty ones may be there, but not ever more; the manager holds files of
        each."""
        boxes, inhabited = {}, set()
        instance = self.engine.instance
        for place in (f"*/execution-engine/{instance}/box*", f"*/execution-engine/{instance}.box*",
                      f"execution-engine/{instance}/box*"):
            for box in pathlib.Path("/sys/fs/cgroup").glob(place):
                boxes.setdefault(box.parent, []).append(box)
                for group, _, _ in os.walk(box):
                    with contextlib.suppress(OSError):  # It may go just now.
                        if pathlib.Path(group, "cgroup.procs").read_text().strip():
                            inhabited.add(box.name.rpartition("box")[2])
        most = max(map(len, boxes.values()))
        manager = next(descendants(self.engine.process.pid))
        open_files = [linked(self.engine.process.pid, f"fd/{fd}") or ""
                      for fd in os.listdir(f"/proc/{self.engine.process.pid}/fd")]
        # The engine opens a group's files with the first run in that box, and keeps each of them once.
        of_groups = collections.Counter(re.sub("/run[0-9]*/", "/", path) for path in open_files
                                        if path.startswith("/sys/fs/cgroup/"))
        return {"cgroups": max(MOST_BOXES, most), "inhabited cgroups": len(inhabited),
                "descriptors of the engine": len(open_files) - of_groups.total(),
                "descriptors of one file of a group": max(of_groups.values(), default=0),
                "descriptors of the manager": max(0, len(os.listdir(f"/proc/{manager}/fd")) - FILES_OF_BOX * most)}
