"""10,000 clients that wait for the end of their submission: memory for each, and threads."""
import json
import pathlib
import re
import resource
import socket

from lockstep import Wrong, wait_until
from server import resident_bytes, scratch, server

TITLE = "Clients that wait with wait=true"
ALONE = False
CLIENTS, MOST = 10_000, 20 * 1024
BODY = json.dumps({"language": "bash", "source": "echo hello\n", "delayMs": 3_600_000}).encode()
REQUEST = (b"POST /api/v1/submissions?wait=true&timeoutMs=60000 HTTP/1.1\r\nHost: 127.0.0.1\r\n"
           b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY))


def threads(pid):
    return int(re.search(r"^Threads:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text(), re.M)[1])


def connections(engine):
    """How many submissions wait: their clients do."""
    text = engine.get("/metrics").body.decode()
    return int(float(re.search(r"^execution_engine_queue_delayed (\S+)", text, re.M)[1]))


def measure(programs, short):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    clients = []
    try:
        with scratch(), server(programs.engine, "--slots", "1") as engine:
            wait_for(engine, clients, 200)  # What the first use of anything costs is nobody's in particular.
            memory, few = resident_bytes(engine.process.pid)[0], threads(engine.process.pid)
            wait_for(engine, clients, CLIENTS)
            each = (resident_bytes(engine.process.pid)[0] - memory) / CLIENTS
            many = threads(engine.process.pid)
            if any(answered(client) for client in clients):
                raise Wrong("a client was answered that was to wait")
    finally:
        for client in clients:
            client.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return [{"name": "RSS of the server a waiting client", "unit": "B", "n": CLIENTS, "p50": round(each),
             "target": f"<= {MOST} B", "bound": MOST, "holds": each <= MOST},
            {"name": f"threads of the server, {few} before", "unit": "threads", "n": CLIENTS, "p50": many,
             "target": "as before", "holds": many <= few}]


def wait_for(engine, clients, count):
    """So many more clients, and until the server has the submission of each."""
    for _ in range(count):
        client = socket.create_connection(("127.0.0.1", engine.port))
        client.sendall(REQUEST)
        client.setblocking(False)
        clients.append(client)
    wait_until(lambda: connections(engine) == len(clients), 60, "the server")


def answered(client):
    try:
        client.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    return True
