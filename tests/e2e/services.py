"""Starts the real servers that the engine scales out on, each in a directory of its own, on loopback."""
import contextlib
import glob
import hashlib
import http.client
import json
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import time
import urllib.parse

from engine import ENVIRONMENT, PROGRAM, ROOT, Engine, exchange, free_port


def wait_until(condition, what, patience=60):
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {patience} s for {what}")
        time.sleep(0.02)


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Server:
    """A child process with a port."""

    def __init__(self, directory, addresses=("127.0.0.1",)):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.addresses = addresses
        self.port = free_port()
        self.process = None

    def command(self):
        raise NotImplementedError

    def start(self):
        with open(self.directory.parent / (self.directory.name + ".log"), "ab") as log:
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=log, env=ENVIRONMENT,
                                            start_new_session=True)
        wait_until(self.is_up, f"{type(self).__name__} to listen")
        return self

    def is_up(self):
        assert self.process.poll() is None, f"{type(self).__name__} ended with {self.process.returncode}"
        return listens(self.port)

    def stop(self, how=signal.SIGTERM):
        if self.process:
            self.process.send_signal(how)
            self.process.wait(60)
            self.process = None

    def kill(self):
        self.stop(signal.SIGKILL)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.kill()


class Redis(Server):
    def command(self):
        return ["redis-server", "--port", str(self.port), "--bind", *self.addresses, "--protected-mode", "no",
                "--dir", str(self.directory), "--save", "", "--appendonly", "yes", "--appendfsync", "everysec",
                "--maxmemory-policy", "noeviction"]

    def is_up(self):
        """It listens before it has read its file."""
        return super().is_up() and self.cli("ping").stdout.strip() == "PONG"

    def cli(self, *words):
        return subprocess.run(["redis-cli", "-p", str(self.port), *words], check=False, capture_output=True, text=True,
                              env=ENVIRONMENT)

    def url(self, address="127.0.0.1"):
        return f"redis://{address}:{self.port}/0?queue=submissions"


class Postgres(Server):
    """PostgreSQL refuses to run as root."""

    def __init__(self, directory, addresses=("127.0.0.1",)):
        super().__init__(directory, addresses)
        bins = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
        assert bins, "PostgreSQL is missing; run script/bootstrap --test"
        self.bin = bins[-1]
        user = pwd.getpwnam("postgres")
        os.chown(self.directory, user.pw_uid, user.pw_gid)
        os.chmod(self.directory, 0o700)
        data = self.directory / "data"
        subprocess.run([*self.as_user(), f"{self.bin}/initdb", "-D", str(data), "-U", "engine", "-A", "trust",
                        "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"],
                       check=True, capture_output=True, env=ENVIRONMENT, cwd="/")
        with open(data / "pg_hba.conf", "a") as rules:
            rules.write("host all all samenet trust\n")

    @staticmethod
    def as_user():
        return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]

    def command(self):
        return [*self.as_user(), f"{self.bin}/postgres", "-D", str(self.directory / "data"),
                "-c", f"port={self.port}", "-c", "listen_addresses=" + ",".join(self.addresses),
                "-c", f"unix_socket_directories={self.directory}", "-c", "max_connections=200"]

    def is_up(self):
        return super().is_up() and self.sql("select 1", check=False).returncode == 0

    def sql(self, text, check=True):
        """Runs one statement; the rows' text is in stdout."""
        return subprocess.run(["psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", "engine", "-d", "postgres",
                               "-AtXqc", text], check=check, capture_output=True, text=True, env=ENVIRONMENT)

    def url(self, address="127.0.0.1"):
        return f"postgres://engine@{address}:{self.port}/postgres"


class Bucket(Server):
    """The fake Google Cloud Storage, with one bucket and one account whose key is made here."""

    def __init__(self, directory, addresses=("127.0.0.1",)):
        super().__init__(directory, addresses)
        key = subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
                             check=True, capture_output=True, text=True).stdout
        self.credentials = self.directory / "account.json"
        self.credentials.write_text(json.dumps({
            "type": "service_account", "client_email": "engine@project.iam.gserviceaccount.com",
            "private_key_id": "test", "private_key": key, "token_uri": "https://oauth2.googleapis.com/token"}))

    def command(self):
        return ["/usr/bin/python3", str(ROOT / "tests/fakes/gcs.py"), "--open", "--bucket", "outputs",
                "--account", str(self.credentials), "--host", "0.0.0.0", "--port", str(self.port)]

    def control(self, method, what, value=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            answer = exchange(connection, method, f"/_control/{what}", None if value is None else json.dumps(value))
        return json.loads(answer.body) if answer.body else None

    def read(self, name):
        """An object's bytes."""
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            path = f"/storage/v1/b/outputs/o/{urllib.parse.quote(name, safe='')}?alt=media"
            answer = exchange(connection, "GET", path)
        assert answer.status == 200, (name, answer.status)
        return answer.body

    def environment(self, address="127.0.0.1"):
        return {"STORAGE_EMULATOR_HOST": f"http://{address}:{self.port}",
                "GOOGLE_APPLICATION_CREDENTIALS": str(self.credentials)}


def remove_cgroups(name):
    """The empty ones of that name, in every hierarchy."""
    for left in pathlib.Path("/sys/fs/cgroup").glob("*/" + name):
        with contextlib.suppress(OSError):
            left.rmdir()


class Dockerd(Server):
    """A Docker Engine of Debian's, with state of its own and no way to other machines."""

    IMAGE = "execution-engine/languages"
    CGROUP = f"execution-engine-dockerd-{os.getpid()}"
    PACKAGES = ["bash", "coreutils", "g++", "gcc", "libc6-dev", "python3"]

    def __init__(self, directory, in_memory=False):
        """`in_memory`: its state ends with the process, and takes no time to remove."""
        super().__init__(directory)
        os.chmod(self.directory, 0o755)
        self.socket = f"unix://{self.directory}/socket"
        self.prefix = []
        if in_memory:
            (self.directory / "data").mkdir()
            self.prefix = ["unshare", "--mount", "--propagation", "private", "sh", "-ec",
                           'mount -t tmpfs -o mode=711 docker "$0" && exec "$@"', str(self.directory / "data")]

    def command(self):
        return [*self.prefix, "dockerd", "--host", self.socket, "--data-root", f"{self.directory}/data",
                "--exec-root", f"{self.directory}/exec", "--pidfile", f"{self.directory}/pid",
                "--cgroup-parent", "/" + self.CGROUP, "--add-runtime", "another=runc", "--bridge=none", "--iptables=false", "--ip6tables=false",
                "--ip-forward=false", "--ip-masq=false"]

    def docker(self, *words, check=True):
        return subprocess.run(["docker", "-H", self.socket, *words], check=check, capture_output=True, text=True,
                              env=ENVIRONMENT)

    def is_up(self):
        assert self.process.poll() is None, f"dockerd ended with {self.process.returncode}"
        return self.docker("version", check=False).returncode == 0

    def import_languages(self):
        """An image of this machine's C, C++ and Python."""
        image = ROOT / f"build/docker/{'-'.join(self.PACKAGES)}.tar"
        if not image.exists():
            subprocess.run([ROOT / "tools/docker-test-image", image, *self.PACKAGES], check=True, env=ENVIRONMENT)
        self.docker("import", str(image), self.IMAGE)

    def __exit__(self, *_):
        self.stop(signal.SIGTERM)  # So that it unmounts what it has mounted.
        remove_cgroups(self.CGROUP)


class EngineOnDocker(Engine):
    """An engine whose boxes are containers of `dockerd`, marked with the name of its data directory."""

    def __init__(self, data, dockerd, *flags, environment=None, **options):
        self.dockerd = dockerd
        self.instance = pathlib.Path(data).name
        super().__init__(data, "--runner", "docker", *flags, **options, environment={
            "EXECUTION_ENGINE_DOCKER_ENGINE": dockerd.socket, "EXECUTION_ENGINE_DOCKER_INSTANCE": self.instance,
            **(environment or {})})

    def listed(self, what):
        mark = f"label=execution-engine.instance={self.instance}"
        return self.dockerd.docker("ps", "-a", "--filter", mark, "--format", what).stdout.split()

    def containers(self):
        return self.listed("{{.ID}}")

    def images(self):
        return set(self.listed("{{.Image}}"))

    def running(self):
        return self.dockerd.docker("ps", "-q", "--filter", f"label=execution-engine.instance={self.instance}").stdout.split()

    def supervisors(self):
        """The first process of each running container."""
        states = self.dockerd.docker("inspect", "--format", "{{.State.Pid}}", *self.containers(), check=False)
        return [pid for pid in states.stdout.split() if pid != "0"]


class Host:
    """A network namespace with one way out, to this machine, which can be cut."""

    def __init__(self, number):
        self.name = f"engine-test-{os.getpid()}-{number}"
        self.inner, self.outer = f"ei{os.getpid() % 10000}-{number}", f"eo{os.getpid() % 10000}-{number}"
        self.gateway, self.address = f"10.213.{number}.1", f"10.213.{number}.2"

    def __enter__(self):
        self.ip("netns", "add", self.name)
        self.ip("link", "add", self.outer, "type", "veth", "peer", "name", self.inner, "netns", self.name)
        self.ip("addr", "add", f"{self.gateway}/30", "dev", self.outer)
        self.ip("link", "set", self.outer, "up")
        self.ip("-n", self.name, "addr", "add", f"{self.address}/30", "dev", self.inner)
        self.ip("-n", self.name, "link", "set", self.inner, "up")
        self.ip("-n", self.name, "link", "set", "lo", "up")
        return self

    def __exit__(self, *_):
        self.ip("link", "delete", self.outer)
        self.ip("netns", "delete", self.name)

    def cut(self):
        self.ip("link", "set", self.outer, "down")

    def mend(self):
        self.ip("link", "set", self.outer, "up")

    @staticmethod
    def ip(*words):
        subprocess.run(["ip", *words], check=True, capture_output=True, env=ENVIRONMENT)


class Worker:
    """One running `execution-engine worker`."""

    def __init__(self, data, *flags, environment=None, host=None):
        self.prefix = ["nsenter", f"--net=/run/netns/{host.name}"] if host else []
        self.data = pathlib.Path(data)
        self.port = free_port()
        self.flags = flags
        self.environment = {**ENVIRONMENT, **(environment or {})}
        self.log = self.data.parent / (self.data.name + ".log")
        self.process = None

    def start(self):
        command = [*self.prefix, str(PROGRAM), "worker", "--data", str(self.data), "--listen", f"127.0.0.1:{self.port}", *self.flags]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=self.environment,
                                            start_new_session=True)
        greeting = self.process.stdout.readline().decode()
        assert " works with " in greeting, self.log.read_text()
        return self

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            self.process = None

    def stop(self, patience=90):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(patience)
        self.process.stdout.close()
        self.process = None
        return status


class System:
    """APIs and workers around one Redis and one PostgreSQL; outputs in a directory that they share, or in
    a bucket. Each of `hosts` has one worker more."""

    def __init__(self, directory, apis=1, workers=1, slots=1, bucket=False, hosts=(), environment=None):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir()
        os.chmod(self.directory, 0o755)
        addresses = ("127.0.0.1", *(host.gateway for host in hosts))
        self.redis = Redis(self.directory / "redis", addresses)
        self.postgres = Postgres(self.directory / "postgres", addresses)
        self.bucket = Bucket(self.directory / "bucket", addresses) if bucket else None
        # One name for all APIs, as a load balancer's would be.
        self.variables = {"EXECUTION_ENGINE_PUBLIC_URL": "http://judge.example.org", **self.shared_links(),
                          **(environment or {})}
        self.apis = [Engine(self.directory / f"api{n}", "--slots", "0", *self.places(),
                            environment=self.reach("127.0.0.1")) for n in range(apis)]
        self.workers = [self.worker(f"worker{n}", slots) for n in range(workers)]
        self.workers += [self.worker(f"host{n}", slots, host) for n, host in enumerate(hosts)]

    def shared_links(self):
        key = self.directory / "link.key"
        key.write_bytes(os.urandom(32))
        shutil.chown(key, "execution-engine")
        key.chmod(0o400)
        outputs = self.directory / "outputs"
        outputs.mkdir()
        shutil.chown(outputs, "execution-engine", "execution-engine")
        return {"EXECUTION_ENGINE_LINKS_KEY": str(key)}

    def places(self, address="127.0.0.1"):
        output = "gs://outputs/test" if self.bucket else f"file:{self.directory / 'outputs'}"
        return ["--store", self.postgres.url(address), "--queue", self.redis.url(address), "--output", output]

    def reach(self, address):
        return {**self.variables, **(self.bucket.environment(address) if self.bucket else {})}

    def worker(self, name, slots, host=None):
        address = host.gateway if host else "127.0.0.1"
        instance = {"EXECUTION_ENGINE_SANDBOX_INSTANCE": f"test-{os.getpid()}-{self.directory.name}-{name}"}
        return Worker(self.directory / name, "--slots", str(slots), *self.places(address),
                      environment={**self.reach(address), **instance}, host=host)

    def servers(self):
        return [server for server in (self.postgres, self.redis, self.bucket) if server]

    def __enter__(self):
        try:
            for server in self.servers():
                server.start()
            for part in [*self.workers, *self.apis]:
                part.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for part in [*self.workers, *self.apis]:
            part.kill()
        for server in self.servers():
            server.stop(signal.SIGINT if server is self.postgres else signal.SIGKILL)


def debian(*packages):
    """A tar of a fresh, minimal Debian 12 with these packages; made once, and kept below build/."""
    names = sorted(set(packages))
    tar = ROOT / f"build/debian/{hashlib.sha256(' '.join(names).encode()).hexdigest()[:16]}.tar"
    done = subprocess.run([ROOT / "tools/debian-root", tar, *names], capture_output=True, text=True, timeout=900,
                          env=ENVIRONMENT, check=False)
    assert done.returncode == 0, done.stderr
    return tar


def dependencies(package):
    """The packages that a .deb names as its Depends."""
    depends = subprocess.run(["dpkg-deb", "-f", package, "Depends"], capture_output=True, text=True, check=True).stdout
    return [part.split()[0] for part in depends.strip().split(", ")]


def in_machine(accelerator, *command, patience):
    """Runs the command in a virtual machine with pure cgroup v2, which sees this one's files and writes to
    build/release only."""
    environment = {**ENVIRONMENT, "HOME": os.environ.get("HOME", "/root"), "TMPDIR": "/tmp"}
    return subprocess.run([ROOT / "tools/cgroup2-vm", "--accel", accelerator, "--mem", "2G", "--timeout", str(patience),
                           "--share", ROOT / "build/release", "--", *command],
                          capture_output=True, text=True, env=environment, check=False)


def node(script, *arguments, timeout=60):
    """Runs a script with the packages of npm; returns what it printed."""
    environment = {**ENVIRONMENT, "NODE_PATH": str(ROOT / "build/npm/node_modules")}
    done = subprocess.run(["node", str(script), *map(str, arguments)], capture_output=True, text=True,
                          timeout=timeout, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


