"""Nothing that a client sends crashes, hangs or loses anything; each is answered with a sentence."""
import contextlib
import gzip
import json
import re
import socket
import urllib.parse
import zlib

import pytest

from engine import Engine

HELLO = {"language": "bash", "source": "echo hello"}

# What is sent, and the field that the answer must name. Cases 96-99, 103-105 of common attack lists.
BAD_SUBMISSIONS = {
    "no language": ({"source": "x"}, "language"),
    "unknown language": ({"language": "klingon", "source": "x"}, "language"),
    "language of a wrong type": ({"language": 5, "source": "x"}, "language"),
    "no source": ({"language": "bash"}, "source"),
    "empty source": ({"language": "bash", "source": ""}, "source"),
    "source and files": ({**HELLO, "files": [{"name": "a.sh", "content": "x"}]}, "files"),
    "stdin and tests": ({**HELLO, "stdin": "x", "tests": [{"stdin": "y"}]}, "tests"),
    "unknown member": ({**HELLO, "cpuLimit": 5}, "cpuLimit"),
    "unknown limit": ({**HELLO, "limits": {"cpu": 5}}, "limits.cpu"),
    "no files": ({"language": "bash", "files": []}, "files"),
    "entry that is no file": ({"language": "bash", "files": [{"name": "a.sh", "content": "x"}], "entry": "b.sh"}, "entry"),
    "broken base64": ({"language": "bash", "files": [{"name": "a.sh", "content": "a b", "encoding": "base64"}]}, "files[0].content"),
    "unknown encoding": ({"language": "bash", "files": [{"name": "a.sh", "content": "x", "encoding": "rot13"}]}, "files[0].encoding"),
    "duplicate names": ({"language": "bash", "files": [{"name": "a.sh", "content": "x"}, {"name": "a.sh", "content": "y"}], "entry": "a.sh"}, "files[1].name"),
    "file and directory": ({"language": "bash", "files": [{"name": "a", "content": "x"}, {"name": "a/b.sh", "content": "y"}], "entry": "a/b.sh"}, "files[1].name"),
    "zero limit": ({**HELLO, "limits": {"wallTimeMs": 0}}, "limits.wallTimeMs"),
    "negative limit": ({**HELLO, "limits": {"memoryBytes": -1}}, "limits.memoryBytes"),
    "limit above the ceiling": ({**HELLO, "limits": {"cpuTimeMs": 10**9}}, "limits.cpuTimeMs"),
    "fractional limit": ({**HELLO, "limits": {"cpuTimeMs": 1.5}}, "limits.cpuTimeMs"),
    "limit as text": ({**HELLO, "limits": {"cpuTimeMs": "5"}}, "limits.cpuTimeMs"),
    "compile limit above the ceiling": ({**HELLO, "compileLimits": {"files": 10**9}}, "compileLimits.files"),
    "too many tests": ({**HELLO, "tests": [{"stdin": ""}] * 1001}, "tests"),
    "too many arguments": ({**HELLO, "args": ["x"] * 10_000}, "args"),
    "argument with a NUL": ({**HELLO, "args": ["a\0b"]}, "args[0]"),
    "output file outside": ({**HELLO, "outputFiles": ["../x"]}, "outputFiles[0]"),
    "huge priority": ({**HELLO, "priority": 10**6}, "priority"),
    "negative delay": ({**HELLO, "delayMs": -1}, "delayMs"),
}


@pytest.mark.parametrize("case", BAD_SUBMISSIONS)
def test_bad_submissions(server, case):
    submission, field = BAD_SUBMISSIONS[case]
    answer = server.post("/api/v1/submissions", submission)
    assert answer.status == 400, answer.body
    error = answer.json["error"]
    assert error["field"] == field
    assert error["message"] and error["code"]


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x", "..\\x", "a//b", ".", "", "a/", "a\0b", "a\nb",
                                  "x" * 256, "a/" * 600 + "b", "‮gnp.sh", "\x1b[2J.sh"])
def test_bad_file_names(server, name):
    answer = server.post("/api/v1/submissions", {"language": "bash", "files": [{"name": name, "content": "x"}], "entry": name})
    assert (answer.status, answer.json["error"]["field"]) == (400, "files[0].name")


def test_odd_but_honest_names_come_back_exactly(server):
    names = ["\u00fc.txt", "u\u0308.txt", "a b.txt", "日本語.txt"]  # The first two look the same.
    submission = server.run({"language": "python", "files": [{"name": "main.py", "content": "import os\nprint(sorted(os.listdir('.')))"}]
                             + [{"name": name, "content": name} for name in names], "entry": "main.py"})
    assert submission["runs"][0]["stdout"] == f"{sorted(names + ['main.py'])}\n"


BAD_JSON = {
    "nothing": b"",
    "no JSON": b"language=bash",
    "an array": b"[]",
    "cut off": b'{"language":"bash"',
    "deep": b'{"args":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "infinite number": b'{"language":"bash","source":"x","priority":1e309}',
    "NaN": b'{"language":"bash","source":"x","priority":NaN}',
    "2^63": b'{"language":"bash","source":"x","limits":{"memoryBytes":9223372036854775808}}',
    "duplicate member": b'{"language":"bash","language":"c","source":"x"}',
    "lone surrogate": b'{"language":"bash","source":"\\ud800"}',
    "invalid UTF-8": b'{"language":"bash","source":"\xff\xfe"}',
    "UTF-16": '{"language":"bash"}'.encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf{}",
    "trailing garbage": b'{"language":"bash","source":"x"}}',
}


@pytest.mark.parametrize("case", BAD_JSON)
def test_bad_json(server, case):
    answer = server.post("/api/v1/submissions", BAD_JSON[case])
    assert answer.status == 400, answer.body
    assert answer.json["error"]["message"]


@pytest.mark.parametrize("query", ["wait=maybe", "timeoutMs=-1&wait=true", "timeoutMs=x&wait=true", "timeoutMs=99999999999&wait=true"])
def test_bad_queries(server, query):
    assert server.post(f"/api/v1/submissions?{query}", HELLO).status == 400


def test_wrong_content_type(server):
    answer = server.request("POST", "/api/v1/submissions", "{}", {"Content-Type": "text/plain"})
    assert answer.status == 415


def test_sizes(own_server):
    engine = own_server(config='http.body = "200KiB"\nrequests.sourceBytes = "100KiB"\nrequests.inputBytes = "50KiB"\n')
    assert engine.post("/api/v1/submissions", {**HELLO, "source": "#" * 150_000}).status == 413
    assert engine.post("/api/v1/submissions", {**HELLO, "stdin": "x" * 60_000}).status == 413
    assert engine.post("/api/v1/submissions", {**HELLO, "source": "#" * 300_000}).status == 413
    assert engine.run(HELLO)["verdict"] == "accepted"


def raw(engine, request, patience=15):
    """Sends bytes as they are; returns the first line of the answer, or b"" when it just closes."""
    with socket.create_connection(("127.0.0.1", engine.port), timeout=patience) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(request)
        with contextlib.suppress(ConnectionResetError):
            return connection.recv(4096).split(b"\r\n")[0]
    return b""


def test_slow_and_lying_requests(own_server):
    engine = own_server(config='http.headerPatience = "500ms"\nhttp.bodyPatience = "500ms"\n')
    assert b"408" in raw(engine, b"POST /api/v1/submissions HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
    assert b"408" in raw(engine, b"POST /api/v1/submissions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                                 b"Content-Length: 1000\r\n\r\n{")
    assert b"413" in raw(engine, b"POST /api/v1/submissions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                                 b"Content-Length: 99999999999\r\n\r\n{")
    assert b"431" in raw(engine, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 100_000 + b"\r\n\r\n")
    assert b"400" in raw(engine, b"\x16\x03\x01\x02\x00garbage\r\n\r\n")
    assert b"417" in raw(engine, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nExpect: wonders\r\n\r\n")
    assert b"501" in raw(engine, b"POST /healthz HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n")
    assert engine.run(HELLO)["verdict"] == "accepted"


SMUGGLED = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"
SMUGGLERS = {
    "length and chunked": b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" % (5 + len(SMUGGLED)),
    "chunked and length": b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": b"Content-Length: 0\r\nContent-Length: %d\r\n\r\n" % len(SMUGGLED),
    "a list of lengths": b"Content-Length: 0, %d\r\n\r\n" % len(SMUGGLED),
    "chunked twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "a blank before the colon": b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("case", SMUGGLERS)
def test_smuggled_requests_are_not_answered(server, case):
    """One answer, a refusal, and then the connection is closed."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=15) as connection:
        connection.sendall(b"POST /healthz HTTP/1.1\r\nHost: localhost\r\n" + SMUGGLERS[case] + SMUGGLED)
        answers = b""
        with contextlib.suppress(ConnectionResetError):  # It did not read the rest of what we sent.
            while piece := connection.recv(65536):
                answers += piece
    assert answers.startswith(b"HTTP/1.1 400 "), answers
    assert len(re.findall(rb"HTTP/1.1 \d", answers)) == 1 and b"execution_engine_" not in answers


@pytest.mark.parametrize("encoding, pack", [("gzip", gzip.compress), ("deflate", zlib.compress), ("br", bytes), ("zstd", bytes)])
@pytest.mark.parametrize("path", ["/api/v1/submissions", "/api/v1/submission", "/api/v1/submission/url"])
def test_packed_bodies_are_refused(server, path, encoding, pack):
    """A thousand times larger when unpacked, or a submission: neither is looked at."""
    for content in (b" " * (8 << 20), json.dumps(HELLO).encode()):
        answer = server.request("POST", path, pack(content)[:1 << 20], {"Content-Type": "application/json", "Content-Encoding": encoding})
        assert answer.status == 415 and "Content-Encoding" in answer.json["message"], answer.body
    assert server.post("/api/v1/submissions", HELLO, {"Content-Encoding": "identity"}).status == 201


def test_too_many_queued(own_server):
    engine = own_server("--slots", "1", config="requests.waiting = 3\n")
    answers = [engine.post("/api/v1/submissions", {"language": "bash", "source": "sleep 1"}) for _ in range(12)]
    refused = [answer for answer in answers if answer.status != 201]
    assert refused
    for answer in refused:
        assert answer.status == 503
        assert int(answer.headers["retry-after"]) > 0
    for answer in answers:
        if answer.status == 201:
            assert engine.wait(answer.json["id"])["verdict"] == "accepted"


def test_too_little_disk(own_server):
    engine = own_server(config='retention.freeSpace = "100000GiB"\n')
    answer = engine.post("/api/v1/submissions", HELLO)
    assert answer.status == 503 and int(answer.headers["retry-after"]) > 0
    ready = engine.get("/readyz")
    assert ready.status == 503 and b"disk" in ready.body.lower() or b"space" in ready.body.lower()


def test_browsers_of_strangers_are_refused_on_loopback(server):
    assert server.post("/api/v1/submissions", HELLO, {"Origin": "https://evil.example"}).status == 403
    assert server.post("/api/v1/submissions", HELLO, {"Host": "evil.example"}).status in (400, 403, 421)
    assert server.post("/api/v1/submissions", HELLO, {"Host": f"localhost:{server.port}"}).status == 201


def test_ids_are_not_guessable(server):
    ids = [server.submit(HELLO) for _ in range(5)]
    assert len(set(ids)) == 5
    for identifier in ids:
        parts = identifier.split("-")
        assert [len(part) for part in parts] == [8, 4, 4, 4, 12] and parts[2][0] == "4"


def test_output_never_reaches_a_browser_as_a_page(server):
    run = server.run({"language": "bash", "source": "echo '<script>alert(1)</script>'"})
    answer = server.fetch(run["executedUrl"])
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_names_cannot_forge_log_lines(scratch):
    marker, lines = "INJECTED", []
    with Engine(scratch / "forged", config='log.format = "json"\nlog.level = "debug"\n') as engine:
        for forged in (f"x\n{marker}", f'x","message":"{marker}', f"x\u2028{marker}", f"\x1b[2J\x1b]0;{marker}\x07"):
            name = urllib.parse.quote(forged)
            for method in ("GET", "DELETE"):
                engine.request(method, f"/api/v1/submissions/{name}", headers={"X-Request-Id": name})
            engine.get(f"/{name}"), engine.get(f"/files/{name}"), engine.get(f"/api/v1/submission/url?id={name}")
            engine.post("/api/v1/submissions", {"language": forged, "source": "x"})
            engine.post("/api/v1/submissions", {"language": "bash", "files": [{"name": forged, "content": "x"}], "entry": forged})
            engine.post("/api/v1/submission/url", {"url": f"http://{name}.example/{name}.py"})
            engine.run({"language": "bash", "source": "exit 1", "args": [forged], "outputFiles": ["no"],
                        "tests": [{"name": forged}]})
    for line in engine.log.read_text().splitlines():
        lines.append(json.loads(line))
        assert set(lines[-1]) >= {"time", "level", "message"} and marker not in lines[-1]["message"], line
    assert any(line["message"] == "language probed" for line in lines)
