"""Starts the real program on loopback and talks to it as a client would."""
import contextlib
import dataclasses
import http.client
import json
import os
import pathlib
import select
import signal
import socket
import subprocess
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("EXECUTION_ENGINE", ROOT / "build/release/execution-engine"))
SAMPLES = ROOT / "tests/samples"
HOSTILE = ROOT / "tests/hostile/programs"

# What a user's shell would pass on, and nothing that changes how interpreters behave.
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LANG": "C.UTF-8", "HOME": "/root"}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclasses.dataclass
class Answer:
    status: int
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


class Engine:
    """One running `execution-engine serve`, with its data in a directory of the test."""

    def __init__(self, data, *flags, environment=None, config=None):
        self.data = pathlib.Path(data)
        self.flags = list(flags)
        self.environment = {**ENVIRONMENT, **(environment or {})}
        if config is not None:
            path = self.data.parent / (self.data.name + ".toml")
            path.write_text(config)
            self.flags += ["--config", str(path)]
        self.port = free_port()
        self.program = [str(PROGRAM)]
        self.process = None
        self.log = self.data.parent / (self.data.name + ".log")

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        """Returns when the server says that it listens; its greeting is in self.greeting."""
        command = [*self.program, "serve", "--listen", f"127.0.0.1:{self.port}", "--data", str(self.data), *self.flags]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=self.environment,
                                            start_new_session=True)
        self.greeting = ""
        deadline = time.monotonic() + 60
        while "executedUrl" not in self.greeting:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))
            piece = os.read(self.process.stdout.fileno(), 4096).decode() if ready else ""
            if not piece:
                self.kill()
                raise AssertionError(f"the server did not start: {self.greeting}\n{self.log.read_text()}")
            self.greeting += piece
        return self

    def kill(self):
        """kill -9: nothing gets a chance to tidy up."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.process:
            self.process.stdout.close()
            self.process = None

    def stop(self, patience=60):
        """SIGTERM, as an operator would; returns the exit status."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(patience)
        self.process.stdout.close()
        self.process = None
        return status

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        if self.process:
            try:
                self.stop()
            except subprocess.TimeoutExpired:
                self.kill()
                raise

    # ---- requests

    def connection(self, timeout=120):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def request(self, method, path, body=None, headers=None, timeout=120):
        with contextlib.closing(self.connection(timeout)) as connection:
            return exchange(connection, method, path, body, headers)

    def get(self, path, **headers):
        return self.request("GET", path, headers=headers)

    def post(self, path, value, headers=None):
        body = value if isinstance(value, bytes) else json.dumps(value)
        return self.request("POST", path, body, {"Content-Type": "application/json", **(headers or {})})

    def submit(self, submission, headers=None):
        """POST /api/v1/submissions; returns the id."""
        answer = self.post("/api/v1/submissions", submission, headers)
        assert answer.status == 201, (answer.status, answer.body)
        return answer.json["id"]

    def run(self, submission, headers=None, timeout_ms=60000):
        """Submits and waits for the end; returns the whole submission."""
        answer = self.post(f"/api/v1/submissions?wait=true&timeoutMs={timeout_ms}", submission, headers)
        if answer.status == 202:
            return self.wait(answer.json["id"], headers)
        assert answer.status == 200, (answer.status, answer.body)
        return answer.json

    def wait(self, identifier, headers=None, patience=120):
        """Follows the event stream to the end; returns the whole submission."""
        for name, value in self.events(identifier, headers, patience):
            if name == "result":
                return value
        raise AssertionError("the event stream ended without a result")

    def events(self, identifier, headers=None, patience=120):
        """Yields (event, data) of the submission's stream."""
        with contextlib.closing(self.connection(patience)) as connection:
            connection.request("GET", f"/api/v1/submissions/{identifier}/events", headers=headers or {})
            response = connection.getresponse()
            assert response.status == 200, (response.status, response.read())
            name, data = None, []
            for raw in response:
                line = raw.decode().rstrip("\n")
                if line.startswith("event: "):
                    name = line[7:]
                elif line.startswith("data: "):
                    data.append(line[6:])
                elif not line and data:
                    yield name, json.loads("\n".join(data))
                    name, data = None, []

    def fetch(self, link):
        """Follows a link of an answer, without any login."""
        parts = urllib.parse.urlsplit(link)
        assert parts.netloc == f"127.0.0.1:{self.port}", link
        return self.request("GET", f"{parts.path}?{parts.query}")


def exchange(connection, method, path, body=None, headers=None):
    connection.request(method, path, body, headers or {})
    response = connection.getresponse()
    return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())


def multipart(fields):
    """A body and its content type; a field is name -> text, or name -> (file name, bytes)."""
    boundary = "----the-boundary-of-a-test"
    body = b""
    for name, value in fields.items():
        disposition = f'form-data; name="{name}"'
        content = value.encode() if isinstance(value, str) else value[1]
        if not isinstance(value, str):
            disposition += f'; filename="{value[0]}"'
        body += f"--{boundary}\r\nContent-Disposition: {disposition}\r\n\r\n".encode() + content + b"\r\n"
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def source(path):
    return pathlib.Path(path).read_text()


def cli(*arguments, stdin=b"", stdout=subprocess.PIPE, timeout=120, environment=None):
    """Runs the program to its end; returns the completed process, with bytes."""
    return subprocess.run([str(PROGRAM), *map(str, arguments)], input=stdin, stdout=stdout, stderr=subprocess.PIPE,
                          timeout=timeout, env={**ENVIRONMENT, **(environment or {})}, check=False)
