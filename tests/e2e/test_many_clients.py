"""Ten thousand clients that wait at once: each costs a socket and some memory, and no thread."""
import json
import os
import pathlib
import resource
import select
import socket

import pytest

from services import wait_until

CLIENTS, KEYS = 10_000, 50  # Clients with the same key wait for the same submission.
MEMORY_OF_EACH = 32 << 10


@pytest.fixture(autouse=True)
def descriptors():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    assert hard > CLIENTS + 100
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def status(engine, what):
    lines = pathlib.Path(f"/proc/{engine.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what + ":"))


def client(engine, key):
    body = json.dumps({"language": "bash", "source": f"echo {key}"}).encode()
    one = socket.create_connection(("127.0.0.1", engine.port), timeout=120)
    one.sendall(b"POST /api/v1/submissions?wait=true&timeoutMs=300000 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                b"Idempotency-Key: key-%d\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (key, len(body), body))
    return one


def answer(one):
    with one, one.makefile("rb") as stream:
        head, _, body = stream.read().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 "), head
    return json.loads(body)


def test_waiting_costs_no_thread(own_server):
    engine = own_server("--slots", "1", config='http.longestWait = "300s"\n')
    blocker = engine.submit({"language": "bash", "source": "echo begun; sleep 100", "limits": {"wallTimeMs": 120000}})
    next(name for name, _ in engine.events(blocker) if name == "output")
    waiting = [client(engine, key) for key in range(KEYS)]
    sockets = pathlib.Path(f"/proc/{engine.process.pid}/fd")
    wait_until(lambda: accepted(engine) == KEYS + 1, "the first of each key")
    threads, memory = status(engine, "Threads"), status(engine, "VmRSS") << 10

    waiting += [client(engine, number % KEYS) for number in range(KEYS, CLIENTS)]
    wait_until(lambda: len(os.listdir(sockets)) > CLIENTS, "all clients to be let in")
    assert engine.get("/healthz").status == 200
    assert status(engine, "Threads") == threads
    assert (status(engine, "VmRSS") << 10) - memory < CLIENTS * MEMORY_OF_EACH
    poll = select.poll()
    for one in waiting:
        poll.register(one, select.POLLIN)
    assert poll.poll(0) == [], "nobody has an answer yet"

    assert engine.request("DELETE", f"/api/v1/submissions/{blocker}").status == 200
    answers = [answer(one) for one in waiting]
    assert status(engine, "Threads") == threads
    for number, submission in enumerate(answers):
        assert submission["runs"][0]["stdout"] == f"{number % KEYS}\n", submission
    assert len({submission["id"] for submission in answers}) == KEYS
    wait_until(lambda: len(os.listdir(sockets)) < CLIENTS / 10, "the sockets to be closed")


def accepted(engine):
    lines = engine.get("/metrics").body.decode().splitlines()
    return sum(int(line.split()[-1]) for line in lines if line.startswith("execution_engine_submissions_accepted_total{"))
