"""Two APIs and four workers, one on a host of its own and one on containers, while everything that can fail does.

Every submission that was accepted must end once, with the right verdict, and nothing may be left over.
EXECUTION_ENGINE_FAULTS_TOTAL says how many submissions, EXECUTION_ENGINE_FAULTS_SEED which order of faults.
"""
import collections
import contextlib
import http.client
import json
import os
import pathlib
import queue
import random
import signal
import threading
import time
import urllib.parse

from engine import exchange
from services import Dockerd, Host, System, wait_until

TOTAL = int(os.environ.get("EXECUTION_ENGINE_FAULTS_TOTAL", "2000"))
SEED = int(os.environ.get("EXECUTION_ENGINE_FAULTS_SEED", "1"))
CLIENTS = 16
# More than the faults that one submission can meet: what is tested is that none is lost, not when to give up.
ATTEMPTS = 10
SPREAD = 40  # Seconds over which the submissions are spread: about as long as the faults take.

LIMITS = {"cpuTimeMs": 1000, "wallTimeMs": 20000, "memoryBytes": 64 << 20}
KINDS = {
    "accepted": ({"source": "read a b; echo $((a + b))", "stdin": "20 22\n"}, "accepted", b"42\n"),
    "wrong": ({"source": "echo 41", "tests": [{"stdin": "", "expectedOutput": "42"}]}, "wrong_answer", b"41\n"),
    "exit": ({"source": "exit 3"}, "runtime_error", b""),
    "signal": ({"source": "kill -11 $$"}, "runtime_error", b""),
    "sleeping": ({"source": "sleep 0.3; echo done"}, "accepted", b"done\n"),
}
LINKS = 40  # How many submissions' links are opened at the end.

# What the bucket does to a fifth of the calls, and to one in fifty each: it refuses, is slow, cuts the answer off.
CALLS = "^(POST|PUT|GET|DELETE) /(upload|storage|b)"
BUCKET_FAULTS = [{"share": 0.2, "status": 503}, {"share": 0.02, "delay_ms": 500}, {"share": 0.02, "slow_ms": 100},
                 {"share": 0.02, "cut_answer": 1}]


class Clients:
    """Submits everything, again and again with the same key until it is accepted; notes the ids."""

    def __init__(self, apis):
        self.apis, self.accepted, self.repeats = apis, {}, 0
        self.work = queue.SimpleQueue()
        names = list(KINDS)
        for index in range(TOTAL):
            self.work.put((f"fault-{SEED}-{index}", names[index % len(names)]))
        self.threads = [threading.Thread(target=self.run, args=(n,)) for n in range(CLIENTS)]

    def run(self, number):
        while True:
            try:
                key, kind = self.work.get_nowait()
            except queue.Empty:
                return
            time.sleep(SPREAD * CLIENTS / TOTAL)
            turn = number
            while not self.submit(self.apis[turn % len(self.apis)], key, kind):
                self.repeats += 1
                turn += 1
                time.sleep(0.05)

    def submit(self, api, key, kind):
        body = json.dumps({"language": "bash", "limits": LIMITS, **KINDS[kind][0]})
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        connection = http.client.HTTPConnection("127.0.0.1", api.port, timeout=20)
        try:
            answer = exchange(connection, "POST", "/api/v1/submissions", body, headers)
        except (OSError, http.client.HTTPException):
            return False  # Killed, or about to be: nobody knows. The key makes asking again safe.
        finally:
            connection.close()
        if answer.status == 503:
            return False
        assert answer.status in (200, 201), (answer.status, answer.body)
        identifier = answer.json["id"]
        assert self.accepted.setdefault(key, (identifier, kind))[0] == identifier, "two ids for one key"
        return True


class Faults:
    """What goes wrong while the clients are at it. Each part is touched by one fault at a time."""

    def __init__(self, system, host, dockerd, chance):
        self.system, self.host, self.dockerd, self.chance = system, host, dockerd, chance
        self.done = collections.Counter()
        self.failed, self.repeated_starts = [], 0

    def start_again(self, part):
        """As systemd would: a part that finds a place away, or its own killed child still there, says so and ends."""
        for left in reversed(range(10)):
            try:
                return part.start()
            except AssertionError:
                part.kill()
                if not left:
                    raise
                self.repeated_starts += 1
                time.sleep(1)

    def kill_worker(self):
        worker = self.chance.choice(self.system.workers[:2])
        worker.kill()
        time.sleep(self.chance.uniform(0, 1))
        self.start_again(worker)

    def stop_worker_past_its_lease(self):
        worker = self.chance.choice(self.system.workers[:2])
        worker.signal(signal.SIGSTOP)
        time.sleep(5)
        worker.signal(signal.SIGCONT)

    def kill_api(self):
        api = self.chance.choice(self.system.apis)
        api.kill()
        self.start_again(api)

    def restart_redis(self):
        self.system.redis.stop(self.chance.choice([signal.SIGTERM, signal.SIGKILL]))
        time.sleep(self.chance.uniform(0, 1))
        self.start_again(self.system.redis)

    def restart_postgres(self):
        self.system.postgres.stop(self.chance.choice([signal.SIGINT, signal.SIGQUIT]))
        time.sleep(self.chance.uniform(0, 1))
        self.start_again(self.system.postgres)

    def let_redis_hang(self):
        with frozen(self.system.redis):
            time.sleep(3)

    def let_postgres_hang(self):
        with frozen(self.system.postgres):
            time.sleep(3)

    def fail_over_to_an_empty_redis(self):
        """What a fail-over to a replica that has not got the last writes loses, at its worst."""
        assert self.system.redis.cli("flushall").stdout.strip() == "OK"

    def restart_docker(self):
        self.dockerd.stop(self.chance.choice([signal.SIGTERM, signal.SIGKILL]))
        time.sleep(self.chance.uniform(0, 1))
        self.start_again(self.dockerd)

    def let_docker_hang(self):
        with frozen(self.dockerd):
            time.sleep(3)

    def remove_containers(self):
        for container in containers(self.dockerd):
            self.dockerd.docker("rm", "-f", container, check=False)

    def remove_the_image(self):
        self.dockerd.docker("rmi", "-f", Dockerd.IMAGE)
        self.remove_containers()
        time.sleep(1)
        self.dockerd.import_languages()

    def cut_a_host_off_for_20_s(self):
        self.host.cut()
        time.sleep(20)
        self.host.mend()

    def run(self):
        of_all = [self.kill_worker, self.stop_worker_past_its_lease, self.kill_api, self.restart_redis,
                  self.restart_postgres, self.let_redis_hang, self.let_postgres_hang, self.fail_over_to_an_empty_redis,
                  self.kill_worker, self.restart_redis, self.kill_api]
        of_docker = [self.restart_docker, self.let_docker_hang, self.remove_containers, self.remove_the_image,
                     self.remove_containers]
        self.chance.shuffle(of_all)
        self.chance.shuffle(of_docker)
        rows = [threading.Thread(target=self.one_after_the_other, args=(row,))
                for row in ([self.cut_a_host_off_for_20_s], of_all, of_docker)]
        for row in rows:
            row.start()
        for row in rows:
            row.join()

    def one_after_the_other(self, faults):
        for fault in faults:
            try:
                fault()
            except Exception as failure:  # Of the test itself: told where it is seen.
                self.failed.append(failure)
                raise
            self.done[fault.__name__.replace("_", " ")] += 1
            time.sleep(self.chance.uniform(0.2, 1))


@contextlib.contextmanager
def frozen(server):
    """A server that holds its connections and answers nothing."""
    pids = [server.process.pid, *children(server.process.pid)]
    for pid in pids:
        signal_to(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            signal_to(pid, signal.SIGCONT)


def children(pid):
    for path in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # A thread that has ended.
            yield from map(int, path.read_text().split())


def signal_to(pid, number):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def containers(dockerd):
    return dockerd.docker("ps", "-aq", "--filter", "label=execution-engine.instance=faults").stdout.split()


def our_cgroups():
    """The cgroups of this test's engines, whose instances bear our process id, with all that is in them."""
    return [str(path) for path in pathlib.Path("/sys/fs/cgroup").glob(f"*/execution-engine/test-{os.getpid()}-*/**")]


def test_nothing_is_lost_and_nothing_doubled(directory, capsys):
    chance = random.Random(SEED)
    environment = {"EXECUTION_ENGINE_LEASE": "3s", "EXECUTION_ENGINE_RETENTION_INTERVAL": "2s",
                   "EXECUTION_ENGINE_ATTEMPTS": str(ATTEMPTS)}
    with contextlib.ExitStack() as parts:
        dockerd = parts.enter_context(Dockerd(directory / "dockerd"))
        dockerd.import_languages()
        host = parts.enter_context(Host(1))
        system = System(directory / "system", apis=2, workers=2, bucket=True, hosts=[host], environment=environment)
        system.workers.append(on_containers(system, dockerd))
        parts.enter_context(system)
        for fault in BUCKET_FAULTS:
            system.bucket.control("POST", "faults", {"match": CALLS, **fault})
        clients, faults = Clients(system.apis), Faults(system, host, dockerd, chance)
        began = time.monotonic()
        for thread in clients.threads:
            thread.start()
        faults.run()
        for thread in clients.threads:
            thread.join()
        wait_for_the_ends(system)
        took = time.monotonic() - began

        system.bucket.control("DELETE", "faults")
        wrong = [entry for entry in clients.accepted.items() if not is_right(system, *entry[1])]
        rows = {row.split("|")[0]: int(row.split("|")[1])
                for row in system.postgres.sql("select id, attempt from submissions").stdout.split()}
        wait_until(lambda: not orphans(objects_of(system), rows), "lost attempts' outputs to go", 60)
        objects = objects_of(system)
        missing = missing_objects(system, objects, rows)
        opened = [entry for entry in clients.accepted.values() if KINDS[entry[1]][2]][::max(1, TOTAL // LINKS)]
        closed = [identifier for identifier, kind in opened if output_by_link(system, identifier) != KINDS[kind][2]]
        assert our_cgroups(), "while they run they have some"
        assert containers(dockerd), "likewise"
        for part in [*system.apis, *system.workers]:
            part.stop()
        left = containers(dockerd)
        found = {"wrong or lost": len(wrong), "doubled": len(rows) - len(clients.accepted), "objects": len(objects),
                 "orphaned objects": len(orphans(objects, rows)), "missing objects": len(missing),
                 "links opened": len(opened), "links that led nowhere": len(closed),
                 "orphaned boxes": len(our_cgroups()), "orphaned containers": len(left)}
        table(capsys, clients, faults, rows, found, took)
        assert not faults.failed
        assert not wrong
        assert len(clients.accepted) == TOTAL
        assert set(rows) == {identifier for identifier, _ in clients.accepted.values()}, "lost or doubled"
        assert not orphans(objects, rows)
        assert not missing
        assert not closed
        wait_until(lambda: our_cgroups() == [], "the boxes to go", 10)
        assert left == []


def on_containers(system, dockerd):
    worker = system.worker("containers", 1)
    worker.flags = [*worker.flags, "--runner", "docker"]
    worker.environment.update(EXECUTION_ENGINE_DOCKER_ENGINE=dockerd.socket, EXECUTION_ENGINE_DOCKER_INSTANCE="faults")
    return worker


def objects_of(system):
    return system.bucket.control("GET", "objects")["outputs"]


def unfinished(system):
    return int(system.postgres.sql("select count(*) from submissions where finished_at is null").stdout)


def wait_for_the_ends(system, patience=90):
    """As long as it takes, while some submission ends now and then. What a queue has lost is seen after 30 s."""
    left, deadline = unfinished(system), time.monotonic() + patience
    while left:
        assert time.monotonic() < deadline, f"{left} submissions do not end:\n" + system.postgres.sql(
            "select id, attempt, state, created_at, started_at from submissions where finished_at is null").stdout
        time.sleep(0.2)
        now = unfinished(system)
        if now < left:
            left, deadline = now, time.monotonic() + patience


def is_right(system, identifier, kind):
    answer = system.apis[0].get(f"/api/v1/submissions/{identifier}").json
    return answer["state"] == "finished" and answer["verdict"] == KINDS[kind][1]


def missing_objects(system, objects, rows):
    """What the last attempts' lists name, and the lists themselves, as far as they are not there."""
    there, missing = set(objects), []
    for identifier, attempt in rows.items():
        home = f"test/{identifier}/{attempt}"
        if f"{home}.json" not in there:
            missing.append(f"{home}.json")
            continue
        names = [f"{home}/{entry['name']}" for entry in json.loads(system.bucket.read(f"{home}.json"))["outputs"]]
        missing += [name for name in names if name not in there]
    return missing


def output_by_link(system, identifier):
    """What the signed link leads to, without our help."""
    run = system.apis[0].get(f"/api/v1/submissions/{identifier}").json["runs"][0]
    link = urllib.parse.urlsplit(run["stdoutUrl"])
    with contextlib.closing(http.client.HTTPConnection(link.netloc, timeout=30)) as connection:
        answer = exchange(connection, "GET", f"{link.path}?{link.query}")
    return answer.body if answer.status == 200 else None


def orphans(objects, rows):
    """Objects that no submission's last attempt has put there."""
    def owner(name):
        parts = name.split("/")
        return parts[1], int(parts[2].removesuffix(".json"))
    return [name for name in objects if rows.get(owner(name)[0]) != owner(name)[1]]


def table(capsys, clients, faults, rows, found, took):
    attempts = collections.Counter(rows.values())
    lines = [("submissions", TOTAL), ("seed", SEED), ("accepted", len(clients.accepted)),
             ("requests repeated", clients.repeats), ("finished", len(rows)),
             *((f"ended at attempt {number}", count) for number, count in sorted(attempts.items())), *found.items(),
             *((f"fault: {name}", count) for name, count in sorted(faults.done.items())),
             ("starts repeated", faults.repeated_starts), ("seconds", round(took))]
    with capsys.disabled():
        print("\n" + "\n".join(f"{name:<42}{value:>8}" for name, value in lines))
