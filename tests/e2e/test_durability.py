"""kill -9 at random moments under load: what was accepted ends once, and no box is left over."""
import contextlib
import os
import pathlib
import random
import threading
import time

from engine import Engine

KILLS = int(os.environ.get("EXECUTION_ENGINE_KILLS", "50"))
JOBS = ["echo hello", "read x; echo $x", "sleep 0.05; echo slow", "exit 3"]


def boxes_of(instance_glob="*"):
    return list(pathlib.Path("/sys/fs/cgroup").glob(f"*/execution-engine/{instance_glob}/box*")) + \
        list(pathlib.Path("/sys/fs/cgroup").glob(f"execution-engine/{instance_glob}/box*"))


class Load:
    """Clients that submit until told to stop, and remember what was acknowledged."""

    def __init__(self, engine, clients=4):
        self.engine, self.acknowledged, self.over = engine, [], threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(i,)) for i in range(clients)]
        for thread in self.threads:
            thread.start()

    def run(self, seed):
        choice = random.Random(seed)
        while not self.over.is_set():
            try:
                answer = self.engine.post("/api/v1/submissions", {"language": "bash", "source": choice.choice(JOBS), "stdin": "x\n"})
                if answer.status == 201:
                    self.acknowledged.append(answer.json["id"])
                if len(self.acknowledged) % 40 == 0:
                    time.sleep(0.02)  # Not faster than two slots can ever follow.
            except (OSError, ValueError, EOFError, __import__("http.client").client.HTTPException):
                time.sleep(0.01)  # The engine is being killed or is starting.

    def stop(self):
        self.over.set()
        for thread in self.threads:
            thread.join()


def test_killed_at_random_moments(scratch):
    randomness = random.Random(7)
    engine = Engine(scratch / "killed", "--slots", "2", config='sandbox.instance = "durability"\nattempts = 100\n').start()
    load = Load(engine)
    for _ in range(KILLS):
        time.sleep(randomness.uniform(0.05, 0.4))
        engine.kill()
        engine.start()
    load.stop()
    assert len(load.acknowledged) > KILLS
    assert len(set(load.acknowledged)) == len(load.acknowledged)
    for identifier in load.acknowledged:
        first = engine.wait(identifier)
        assert first["state"] == "finished", first
        assert first["verdict"] in ("accepted", "runtime_error"), first
        assert engine.get(f"/api/v1/submissions/{identifier}").json["verdict"] == first["verdict"]
    assert engine.stop() == 0
    deadline = time.monotonic() + 5
    while boxes_of("durability") and time.monotonic() < deadline:
        time.sleep(0.05)
    assert boxes_of("durability") == []


def test_nothing_of_a_killed_engine_lives_on(scratch):
    engine = Engine(scratch / "orphans", "--slots", "2", config='sandbox.instance = "orphans"\n').start()
    marker = f"987654{os.getpid()}"
    identifier = engine.submit({"language": "bash", "source": f"sleep {marker}", "limits": {"wallTimeMs": 60000}})
    deadline = time.monotonic() + 20
    while not sleeping(marker) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert sleeping(marker)
    engine.kill()
    deadline = time.monotonic() + 5
    while sleeping(marker) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not sleeping(marker)
    engine.start()
    assert engine.request("DELETE", f"/api/v1/submissions/{identifier}").status in (200, 204)
    engine.stop()


def sleeping(marker):
    for cmdline in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if cmdline.read_bytes() == b"sleep\0" + marker.encode() + b"\0":
                return True
    return False


def test_a_job_that_dies_with_the_engine_each_time_ends_as_internal_error(scratch):
    engine = Engine(scratch / "poison", "--slots", "1").start()
    identifier = engine.submit({"language": "bash", "source": "sleep 30", "limits": {"wallTimeMs": 60000}})
    for attempt in range(1, 4):
        while engine.get(f"/api/v1/submissions/{identifier}").json["attempt"] < attempt:
            time.sleep(0.02)
        engine.kill()
        engine.start()
    submission = engine.wait(identifier)
    assert (submission["state"], submission["verdict"]) == ("finished", "internal_error")
    assert submission["attempt"] == 4  # The start that ended it without a run is counted too.
    assert submission["reason"]
    engine.stop()


def test_sigterm_drains(scratch):
    engine = Engine(scratch / "drained", "--slots", "1").start()
    running = engine.submit({"language": "bash", "source": "sleep 1; echo done"})
    waiting = [engine.submit({"language": "bash", "source": "echo later"}) for _ in range(20)]
    while engine.get(f"/api/v1/submissions/{running}").json["state"] != "running":
        time.sleep(0.01)
    assert engine.stop() == 0
    engine.start()
    assert engine.wait(running)["runs"][0]["stdout"] == "done\n"
    assert engine.get(f"/api/v1/submissions/{running}").json["attempt"] == 1
    for identifier in waiting:
        assert engine.wait(identifier)["runs"][0]["stdout"] == "later\n"
    engine.stop()


def test_a_dead_box_manager_ends_the_engine(scratch):
    engine = Engine(scratch / "unmanaged", "--slots", "1").start()
    children = pathlib.Path(f"/proc/{engine.process.pid}/task/{engine.process.pid}/children").read_text().split()
    assert children
    for child in children:
        os.kill(int(child), 9)
    assert engine.process.wait(30) == 125
    engine.process.stdout.close()
    engine.process = None


def test_retention_by_age_and_bytes(own_server):
    engine = own_server(config='retention.age = "1s"\nretention.interval = "1s"\n')
    submission = engine.run({"language": "bash", "source": "echo gone soon"})
    deadline = time.monotonic() + 30
    while engine.get(f"/api/v1/submissions/{submission['id']}").status != 404 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert engine.get(f"/api/v1/submissions/{submission['id']}").status == 404
    assert engine.fetch(submission["executedUrl"]).status in (404, 410)
    assert not [path for path in (engine.data / "outputs").rglob("*") if path.is_file()]

    full = own_server(config='retention.bytes = "200KiB"\nretention.interval = "1s"\n')
    ids = [full.run({"language": "python", "source": "print('x' * 60_000)"})["id"] for _ in range(8)]
    deadline = time.monotonic() + 30
    while full.get(f"/api/v1/submissions/{ids[0]}").status != 404 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert full.get(f"/api/v1/submissions/{ids[0]}").status == 404
    assert full.get(f"/api/v1/submissions/{ids[-1]}").status == 200
