"""deploy/compose.yaml on a real Docker Engine: the image is built, the whole system comes up, a program that is
uploaded ends with a link, nobody has more rights than he needs, and nothing is left."""
import json
import os
import pathlib
import subprocess

import pytest
from engine import ENVIRONMENT, ROOT, SAMPLES, Engine, source
from services import Dockerd, debian, dependencies, remove_cgroups, wait_until
from test_tokens import bearer
from test_upload_api import result_of, upload

BASE, REDIS, POSTGRES = "test/debian", "test/redis", "test/postgres"
SERVERS = ["redis-server", "postgresql-15"]
LANGUAGES = ["ca-certificates", "curl", "gcc", "g++", "libc6-dev", "python3", "mold", "gcc-12-plugin-dev"]
CGROUP = f"execution-engine-compose-{os.getpid()}"

WORKER = {"SYS_ADMIN", "SETUID", "SETGID", "SETPCAP", "KILL", "CHOWN", "FOWNER", "DAC_OVERRIDE",
          "MKNOD"}
MANAGER = {"SYS_ADMIN", "SETUID", "SETGID", "KILL", "CHOWN", "DAC_OVERRIDE"}
NUMBERS = {"CHOWN": 0, "DAC_OVERRIDE": 1, "FOWNER": 3, "KILL": 5, "SETGID": 6, "SETUID": 7, "SETPCAP": 8,
           "SYS_ADMIN": 21, "MKNOD": 27}

# Boxes of our own, apart from those of other engines on this machine.
OVERRIDE = f"""
version: "3.8"
services:
  worker:
    environment: {{EXECUTION_ENGINE_SANDBOX_CGROUP_PARENT: {CGROUP}}}
"""


class Compose(Engine):
    """The system of some Compose files; as an Engine, what its API answers."""

    def __init__(self, dockerd, directory, *files):
        super().__init__(directory / "none")
        self.dockerd = dockerd
        self.files = files
        self.project = directory.name
        secrets = directory / "secrets"
        socket = dockerd.socket.removeprefix("unix://")
        said = subprocess.run([ROOT / "deploy/secrets", secrets], check=True, capture_output=True, text=True)
        self.token = said.stdout.split()[-1]
        self.environment = {**ENVIRONMENT, "DOCKER_HOST": dockerd.socket, "SECRETS": str(secrets), "PACKAGE": "prebuilt",
                            "BASE": BASE, "BUILD_NETWORK": "none", "REDIS_IMAGE": REDIS, "POSTGRES_IMAGE": POSTGRES,
                            "EXECUTION_ENGINE_PORT": f"127.0.0.1:{self.port}", "EXECUTION_ENGINE_PUBLIC_URL": self.url,
                            "DOCKER_SOCKET": socket, "DOCKER_GROUP": str(os.stat(socket).st_gid),
                            "COMPOSE_PROJECT_NAME": self.project}

    def compose(self, *words, check=True):
        command = ["docker-compose", *(word for file in self.files for word in ("-f", str(file))), *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=self.environment, check=False)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def containers(self, service=""):
        label = "label=com.docker.compose"
        words = [f"--filter={label}.project={self.project}", *([f"--filter={label}.service={service}"] if service else [])]
        return self.dockerd.docker("ps", "-aq", *words).stdout.split()

    def inspect(self, container):
        return json.loads(self.dockerd.docker("inspect", container).stdout)[0]

    def is_healthy(self):
        states = [self.inspect(container)["State"] for container in self.containers()]
        return all(state["Health"]["Status"] == "healthy" for state in states) and self.get("/readyz").status == 200

    def logs(self):
        return self.compose("logs", "--no-color", "--tail=30", check=False)

    def __enter__(self):
        try:
            self.compose("up", "-d", *self.scale)
            wait_until(self.is_healthy, "the system to be healthy")
        except BaseException as error:
            logs = self.logs()
            self.compose("down", "-v", check=False)
            raise AssertionError(f"{error}\n{logs}") from error
        return self

    def __exit__(self, *_):
        self.compose("down", "-v")

    scale = ()

    def run_upload(self, program):
        """Uploads it with the token; returns what the link at the end leads to."""
        answer = upload(self, {"sourceCode": ("main.cpp", program.encode()), "stdin": "1 2\n39\n"}, bearer(self.token))
        assert answer.status == 200, answer.body
        return self.fetch(result_of(self, answer.json["id"], bearer(self.token))["executedUrl"])


@pytest.fixture(scope="module")
def dockerd(package, scratch):
    with Dockerd(scratch / "compose-dockerd", in_memory=True) as running:
        running.docker("import", str(debian(*LANGUAGES, *SERVERS, *dependencies(package))), BASE)
        for target in ("redis", "postgres"):
            running.docker("build", "--network=none", f"--build-arg=BASE={BASE}", f"--target={target}",
                           f"--tag=test/{target}", str(ROOT / "tests/e2e/images"))
        yield running


@pytest.fixture(scope="module")
def native(dockerd, scratch):
    directory = scratch / "compose-native"
    directory.mkdir()
    (directory / "override.yaml").write_text(OVERRIDE)
    system = Compose(dockerd, directory, ROOT / "deploy/compose.yaml", directory / "override.yaml")
    system.compose("build", "api")
    system.scale = ("--scale", "worker=2")
    with system:
        yield system
    assert not left_of(dockerd)
    remove_cgroups(CGROUP)  # The workers' parent, which the one that made it leaves to the other.


def left_of(dockerd):
    """Containers, volumes, networks, cgroups and mounts that are there after the end."""
    left = dockerd.docker("ps", "-aq").stdout.split()
    left += [name for name in dockerd.docker("volume", "ls", "-q").stdout.split() if "supervisor" not in name]
    left += dockerd.docker("network", "ls", "-q", "--filter", "type=custom").stdout.split()
    for parent in (CGROUP, Dockerd.CGROUP):
        left += [str(path) for path in pathlib.Path("/sys/fs/cgroup").glob(f"*/{parent}/*") if path.is_dir()]
    mounts = pathlib.Path(f"/proc/{dockerd.process.pid}/mountinfo").read_text().splitlines()
    return left + [mount for mount in mounts if "/overlay2/" in mount or "/exec/netns/" in mount]


def statuses(dockerd, container):
    """/proc/*/status of all that runs in the container, by name of the process."""
    done = dockerd.docker("exec", container, "sh", "-c", "cat /proc/[0-9]*/status; grep . /proc/self/status")
    found = {}
    for text in done.stdout.split("Name:\t")[1:]:
        lines = ("Name:\t" + text).splitlines()
        fields = {line.split(":")[0]: line.split(":", 1)[1].strip() for line in lines if ":" in line}
        found.setdefault(fields["Name"], fields)
    return found


def capabilities(mask):
    known = {name for name, bit in NUMBERS.items() if int(mask, 16) >> bit & 1}
    assert sum(1 << NUMBERS[name] for name in known) == int(mask, 16), mask
    return known


def test_an_uploaded_program_ends_with_a_link(native):
    answer = native.run_upload(source(SAMPLES / "cpp/sum.cpp"))
    assert (answer.status, answer.body) == (200, b"42\n")
    assert native.post("/api/v1/submissions", {"language": "bash", "source": "true"}).status == 401


def test_every_worker_takes_part(native):
    assert len(native.containers("worker")) == 2
    languages = native.get("/api/v1/languages", **bearer(native.token)).json
    assert {"c", "cpp", "python", "bash"} <= {entry["id"] for entry in languages["languages"]}
    for _ in range(8):
        answer = native.run({"language": "python", "source": "print(6 * 7)"}, bearer(native.token))
        assert (answer["verdict"], answer["runs"][0]["stdout"]) == ("accepted", "42\n")


def test_the_api_has_no_privilege(dockerd, native):
    [api] = native.containers("api")
    process = statuses(dockerd, api)["execution-engin"]
    assert process["Uid"].split() == process["Gid"].split() == ["999"] * 4
    assert [process[name] for name in ("CapEff", "CapPrm", "CapInh", "CapBnd", "CapAmb")] == ["0" * 16] * 5
    assert (process["NoNewPrivs"], process["Seccomp"]) == ("1", "2")
    for place in ("/", "/usr/bin", "/etc"):
        assert "Read-only" in dockerd.docker("exec", api, "touch", f"{place}/x", check=False).stderr
    bound = {mount["Destination"] for mount in native.inspect(api)["Mounts"]}
    assert bound == {"/outputs", *(f"/run/secrets/{name}" for name in ("store", "queue", "link_key", "tokens"))}


def test_the_worker_has_the_privileges_that_are_named(dockerd, native):
    for worker in native.containers("worker"):
        found = statuses(dockerd, worker)
        engine, manager, given = found["execution-engin"], found["box-manager"], found["grep"]
        assert capabilities(given["CapBnd"]) == WORKER
        assert engine["Uid"].split() == ["999"] * 4
        assert not capabilities(engine["CapPrm"]) and not capabilities(engine["CapBnd"])
        assert capabilities(manager["CapPrm"]) == capabilities(manager["CapEff"]) == MANAGER
        assert not native.inspect(worker)["HostConfig"]["Privileged"]


def test_a_job_outlives_a_restart_of_redis(native):
    """In Redis' own file: had it been put there again from the store, it would be younger."""
    def redis(*words):
        [container] = native.containers("redis")
        ask = "REDISCLI_AUTH=$(sed -n 's/^requirepass //p' /run/secrets/redis_config) redis-cli " + " ".join(words)
        return native.dockerd.docker("exec", container, "sh", "-c", ask, check=False).stdout.split()

    assert redis("config", "get", "appendonly") == ["appendonly", "yes"]
    identifier = native.submit({"language": "bash", "source": "echo kept", "delayMs": 3000}, bearer(native.token))
    job = f"bull:submissions:{identifier}"
    [born] = redis("hget", job, "timestamp")
    native.compose("restart", "redis")
    wait_until(lambda: redis("ping") == ["PONG"], "Redis to be back")
    assert redis("hget", job, "timestamp") == [born]
    assert native.wait(identifier, bearer(native.token))["runs"][0]["stdout"] == "kept\n"
    wait_until(native.is_healthy, "the system to be healthy")


def test_boxes_have_numbers_of_their_own(native):
    """Two workers of one host share its user ids and cgroups, and must not take the same."""
    places = [path.name for path in pathlib.Path("/sys/fs/cgroup").glob(f"*/{CGROUP}/*") if path.is_dir()]
    assert len({name.partition(".")[0] for name in places}) == 2


def test_it_ends_in_order(native):
    native.compose("stop", "api", "worker")
    ends = [native.inspect(container)["State"]["ExitCode"] for container in native.containers("api") + native.containers("worker")]
    assert ends == [0, 0, 0], native.logs()


def test_containers_of_the_docker_engine_instead(dockerd, native, scratch):
    native.compose("down", "-v")
    assert not left_of(dockerd)
    directory = scratch / "compose-docker"
    directory.mkdir()
    files = [ROOT / "deploy" / name for name in ("compose.yaml", "compose.docker.yaml")]
    with Compose(dockerd, directory, *files) as system:
        answer = system.run_upload(source(SAMPLES / "cpp/sum.cpp"))
        assert (answer.status, answer.body) == (200, b"42\n")
        assert not system.containers("worker")
        [worker] = system.containers("docker-worker")
        shown = system.inspect(worker)
        assert "Docker Engine's socket" in shown["Config"]["Labels"]["execution-engine.holds"]
        assert "/run/docker.sock" in {mount["Destination"] for mount in shown["Mounts"]}
        found = statuses(dockerd, worker)
        assert found["execution-engin"]["Uid"].split() == ["999"] * 4
        assert not capabilities(found["execution-engin"]["CapBnd"])
        boxes = dockerd.docker("ps", "--filter=label=execution-engine.instance=compose", "--format={{.Networks}}").stdout
        assert set(boxes.split()) == {"none"}
    assert not left_of(dockerd)
