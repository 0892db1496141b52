"""A Redis of the test's own, and one queue on it, seen by Node's BullMQ and by ours."""
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = ROOT / os.environ.get("ENGINE_BUILD", "build/asan") / "bullmq_tool"
NODE_ENVIRONMENT = {"PATH": os.environ["PATH"], "NODE_PATH": str(ROOT / "build/npm/node_modules")}
PATIENCE = 60


class RedisServer:
    """A Redis behind a socket, in a directory of its own."""

    def __init__(self, directory, append_only="no"):
        self.directory, self.append_only = directory, append_only
        self.path = f"{directory}/redis.sock"
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self.path, "--dir", self.directory, "--save", "",
             "--appendonly", self.append_only, "--maxmemory-policy", "noeviction"], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE
        while self.cli("ping") != "PONG":
            assert self.process.poll() is None and time.monotonic() < deadline, "redis-server does not start"
            time.sleep(0.01)

    def cli(self, *words):
        return subprocess.run(["redis-cli", "-s", self.path, *words], capture_output=True, text=True, check=False).stdout.strip()

    def stop(self, how=signal.SIGKILL):
        self.process.send_signal(how)
        self.process.wait()


@contextlib.contextmanager
def redis_server(append_only="no"):
    with tempfile.TemporaryDirectory(prefix="engine-redis-") as directory:
        server = RedisServer(directory, append_only)
        server.start()
        try:
            yield server
        finally:
            server.stop()


class Ours:
    """bullmq_tool while it runs."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def line(self):
        return self.process.stdout.readline().strip()

    def end(self):
        """What it still had to say."""
        said, _ = self.process.communicate(timeout=PATIENCE)
        assert self.process.returncode == 0
        return said.splitlines()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()


class Both:
    """One queue with a name of its own."""

    def __init__(self, path):
        self.path, self.name = path, f"test-{uuid.uuid4()}"
        self.url = f"unix:{path}?queue={self.name}"

    def node(self, source):
        """Runs it to its end; what it returns."""
        return self.start_node(source)()

    def start_node(self, source):
        process = subprocess.Popen(["node", str(ROOT / "tests/compat/bullmq_node.cjs"), self.path, self.name],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=NODE_ENVIRONMENT)
        process.stdin.write(source)
        process.stdin.close()
        process.stdin = None

        def result():
            said, _ = process.communicate(timeout=PATIENCE)
            assert process.returncode == 0
            return json.loads(said)
        return result

    def push(self, name, priority=0, delay=0):
        subprocess.run([TOOL, self.url, "push", name, str(priority), str(delay)], check=True, timeout=PATIENCE)

    def look(self, name):
        done = subprocess.run([TOOL, self.url, "look", name], check=True, timeout=PATIENCE, capture_output=True, text=True)
        return done.stdout.strip()

    def start_work(self, ends, lease=None):
        return Ours([TOOL, self.url, "work", str(ends), *([str(lease)] if lease else [])])

    def work(self, ends):
        return self.start_work(ends).end()
