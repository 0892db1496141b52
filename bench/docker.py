"""A Docker daemon of the benchmark's own, with its own state, stopped and removed afterwards."""
import contextlib
import io
import pathlib
import shutil
import subprocess
import tarfile
import tempfile
import time

IMAGE = "execution-engine-bench"
CONTAINER = "standing"
CGROUP = "/execution-engine-bench-docker"
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/nonexistent"}


class Unavailable(Exception):
    """Docker cannot be measured here; says why."""


class Docker:
    """`with Docker(program, sleeper) as docker`: docker.run and docker.exec are commands that start `program`.

    run: in a new container; exec: in one that stands ready, kept by `sleeper`.
    """

    def __init__(self, program, sleeper):
        self.program, self.sleeper = pathlib.Path(program), pathlib.Path(sleeper)
        self.client = shutil.which("docker", path="/usr/bin:/usr/local/bin")
        self.daemon_program = shutil.which("dockerd", path=ENVIRONMENT["PATH"])
        if not self.client or not self.daemon_program:
            raise Unavailable("docker.io is not installed; script/bootstrap --bench brings it")

    @property
    def run(self):
        return [*self._client(), "run", "--rm", "--network", "none", IMAGE, f"/{self.program.name}"]

    @property
    def exec(self):
        return [*self._client(), "exec", CONTAINER, f"/{self.program.name}"]

    def _client(self):
        return [self.client, "-H", f"unix://{self.state}/socket"]

    def __enter__(self):
        self.state = pathlib.Path(tempfile.mkdtemp(prefix="engine-bench-docker."))
        self.log = self.state / "log"
        with open(self.log, "wb") as log:
            self.daemon = subprocess.Popen(
                [self.daemon_program, "--data-root", f"{self.state}/data", "--exec-root", f"{self.state}/exec",
                 "--cgroup-parent", CGROUP, "--pidfile", f"{self.state}/pid", "--host", f"unix://{self.state}/socket", "--bridge=none",
                 "--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false"],
                stdout=log, stderr=log, env=ENVIRONMENT)
        try:
            self._wait()
            self._import()
            self._must(*self._client(), "run", "--detach", "--network", "none", "--name", CONTAINER, IMAGE,
                       f"/{self.sleeper.name}", "sleep")
            for command in (self.run, self.exec):
                if self._must(*command) != b"ok\n":
                    raise Unavailable(f"{' '.join(command)}: another output than the program's")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        subprocess.run([*self._client(), "rm", "--force", CONTAINER], capture_output=True, env=ENVIRONMENT, check=False)
        self.daemon.terminate()
        try:
            self.daemon.wait(30)
        except subprocess.TimeoutExpired:
            self.daemon.kill()
            self.daemon.wait()
        shutil.rmtree(self.state, ignore_errors=True)
        for left in [pathlib.Path("/sys/fs/cgroup" + CGROUP), *pathlib.Path("/sys/fs/cgroup").glob("*" + CGROUP)]:
            with contextlib.suppress(OSError):
                left.rmdir()

    def _wait(self):
        deadline = time.monotonic() + 30
        while subprocess.run([*self._client(), "version"], capture_output=True, env=ENVIRONMENT, check=False).returncode:
            if self.daemon.poll() is not None or time.monotonic() > deadline:
                last = self.log.read_text(errors="replace").strip().splitlines()[-1:]
                raise Unavailable(f"dockerd does not start here: {' '.join(last)[:200]}")
            time.sleep(0.2)

    def _import(self):
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            for path in (self.program, self.sleeper):
                tar.add(path, arcname=path.name)
        self._must(*self._client(), "import", "-", IMAGE, input=archive.getvalue())

    @staticmethod
    def _must(*command, **more):
        done = subprocess.run(command, capture_output=True, env=ENVIRONMENT, check=False, **more)
        if done.returncode:
            raise Unavailable(f"{' '.join(command)}: {done.stderr.decode().strip()[:200]}")
        return done.stdout
