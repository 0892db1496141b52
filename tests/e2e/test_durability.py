"""kill -9 at random moments under load: what was accepted ends once, and no box is left over."""
import contextlib
import http.client
import os
import pathlib
import random
import threading
import time

from engine import Engine
from services import wait_until

KILLS = int(os.environ.get("EXECUTION_ENGINE_KILLS", "50"))
# What is submitted -> verdict and stdout. The last is too much for the database, so it is a file of its own.
JOBS = {"echo hello": ("accepted", "hello\n"), "read x; echo $x": ("accepted", "x\n"), "exit 3": ("runtime_error", ""),
        "sleep 0.05; echo slow": ("accepted", "slow\n"), "printf %020000d 1": ("accepted", "1".zfill(20000))}


def boxes_of(instance_glob="*"):
    places = (f"*/execution-engine/{instance_glob}/box*", f"*/execution-engine/{instance_glob}.box*",
              f"execution-engine/{instance_glob}/box*")
    return [box for place in places for box in pathlib.Path("/sys/fs/cgroup").glob(place)]


def outcome(submission):
    """What must never change once it was told."""
    links = ("executedUrl", "stdoutUrl", "stderrUrl")  # They expire, and so are signed anew.
    runs = [{name: value for name, value in run.items() if name not in links} for run in submission["runs"]]
    return {**{name: value for name, value in submission.items() if name not in links}, "runs": runs}


class Load:
    """Clients that submit and look until told to stop, and remember what they were told."""

    def __init__(self, engine, clients=4):
        self.engine, self.over = engine, threading.Event()
        self.acknowledged, self.told, self.changed = {}, {}, []
        self.threads = [threading.Thread(target=self.run, args=(i,)) for i in range(clients)]
        for thread in self.threads:
            thread.start()

    def run(self, seed):
        choice = random.Random(seed)
        while not self.over.is_set():
            try:
                self.submit(choice)
                if self.acknowledged:
                    self.look(choice.choice(list(self.acknowledged)))
                if len(self.acknowledged) % 40 == 0:
                    time.sleep(0.02)  # Not faster than two slots can ever follow.
            except (OSError, ValueError, EOFError, http.client.HTTPException):
                time.sleep(0.01)  # The engine is being killed or is starting.

    def submit(self, choice):
        source = choice.choice(list(JOBS))
        wait = choice.choice(["", "", "?wait=true"])
        answer = self.engine.post("/api/v1/submissions" + wait, {"language": "bash", "source": source, "stdin": "x\n"})
        if answer.status in (200, 201, 202):
            self.acknowledged[answer.json["id"]] = source
        if answer.status == 200:
            self.hear(answer.json)

    def look(self, identifier):
        answer = self.engine.get(f"/api/v1/submissions/{identifier}")
        if answer.status != 200:
            self.changed.append((identifier, answer.status, answer.body))
        elif answer.json["state"] == "finished" or identifier in self.told:
            self.hear(answer.json)

    def hear(self, submission):
        first = self.told.setdefault(submission["id"], outcome(submission))
        if outcome(submission) != first:
            self.changed.append((first, submission))

    def stop(self):
        self.over.set()
        for thread in self.threads:
            thread.join()


def test_killed_at_random_moments(scratch):
    randomness = random.Random(7)
    engine = Engine(scratch / "killed", "--slots", "2", config='sandbox.instance = "durability"\n').start()
    load = Load(engine)
    told_before_a_kill = 0
    for _ in range(KILLS):
        time.sleep(randomness.uniform(0.05, 0.4))
        engine.kill()
        told_before_a_kill = len(load.told)
        engine.start()
    load.stop()
    assert len(load.acknowledged) > KILLS and told_before_a_kill > KILLS / 2
    lost = 0
    for identifier, source in load.acknowledged.items():
        submission = engine.wait(identifier)
        load.hear(submission)
        load.look(identifier)
        assert submission["state"] == "finished", submission
        if submission["verdict"] == "internal_error":  # Only for what was running at kills in a row.
            assert submission["attempt"] == 4 and submission["reason"], submission
            lost += 1
        else:
            assert submission["attempt"] <= 3, submission
            assert (submission["verdict"], submission["runs"][0]["stdout"]) == JOBS[source], (source, submission)
    assert load.changed == []
    assert lost <= KILLS / 5
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
    engine = own_server(config='retention.age = "3s"\nretention.interval = "1s"\n')
    # More than the database takes.
    submission = engine.run({"language": "bash", "source": "printf %020000d 1"})
    assert engine.fetch(submission["executedUrl"]).body == b"1".zfill(20000)
    deadline = time.monotonic() + 30
    while engine.get(f"/api/v1/submissions/{submission['id']}").status != 404 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert engine.get(f"/api/v1/submissions/{submission['id']}").status == 404
    assert engine.fetch(submission["executedUrl"]).status in (404, 410)
    wait_until(lambda: not [path for path in (engine.data / "outputs").rglob("*") if path.is_file()], "its file to go")

    full = own_server(config='retention.bytes = "200KiB"\nretention.interval = "1s"\n')
    ids = [full.run({"language": "python", "source": "print('x' * 60_000)"})["id"] for _ in range(8)]
    deadline = time.monotonic() + 30
    while full.get(f"/api/v1/submissions/{ids[0]}").status != 404 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert full.get(f"/api/v1/submissions/{ids[0]}").status == 404
    assert full.get(f"/api/v1/submissions/{ids[-1]}").status == 200
