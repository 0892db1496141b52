"""The full API on real programs."""
import base64
from datetime import datetime, timedelta
import json
import pathlib
import socket
import threading
import time

import pytest

HELLO = {"language": "bash", "source": "echo hello"}


def test_create_then_read(server):
    answer = server.post("/api/v1/submissions", HELLO)
    assert answer.status == 201
    identifier = answer.json["id"]
    assert answer.json["state"] in ("queued", "running", "finished")
    assert answer.headers["location"].endswith(f"/api/v1/submissions/{identifier}")
    done = server.wait(identifier)
    read = server.get(f"/api/v1/submissions/{identifier}").json
    for name in ("id", "state", "verdict", "runs", "compile", "createdAt"):
        if name != "runs":
            assert read[name] == done[name]
    assert read["state"] == "finished"
    assert read["attempt"] == 1
    run = read["runs"][0]
    assert (run["verdict"], run["exitCode"], run["signal"], run["timeLimit"]) == ("accepted", 0, None, None)
    assert (run["stdout"], run["stderr"]) == ("hello\n", "")
    assert run["usage"]["wallTimeMs"] > 0
    assert run["usage"]["memoryBytes"] > 0
    assert run["usage"]["processes"] >= 1
    assert read["createdAt"] <= read["startedAt"] <= read["finishedAt"]
    assert read["createdAt"].endswith("Z") and len(read["createdAt"]) == 24
    assert set(read["phases"]) == {"queuedMs", "preparingMs", "compilingMs", "runningMs"}


def test_wait_times_out_with_202(server):
    started = time.monotonic()
    answer = server.post("/api/v1/submissions?wait=true&timeoutMs=200", {"language": "bash", "source": "sleep 2"})
    assert answer.status == 202
    assert answer.json["state"] in ("queued", "running")
    assert time.monotonic() - started < 2
    assert server.wait(answer.json["id"])["verdict"] == "accepted"


def test_every_way_to_end(server):
    def verdict(source, limits=None, language="python"):
        submission = server.run({"language": language, "source": source, "limits": limits or {}})
        return submission["verdict"], submission["runs"][0]

    assert verdict("print(1)")[0] == "accepted"
    name, run = verdict("import sys; sys.exit(7)")
    assert (name, run["exitCode"]) == ("runtime_error", 7)
    name, run = verdict("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    assert (name, run["signal"], run["exitCode"]) == ("runtime_error", 11, None)
    name, run = verdict("while True: pass", {"cpuTimeMs": 300, "wallTimeMs": 5000})
    assert (name, run["timeLimit"]) == ("time_limit", "cpu")
    assert 300 <= run["usage"]["cpuTimeMs"] < 1000
    name, run = verdict("import time; time.sleep(60)", {"wallTimeMs": 300})
    assert (name, run["timeLimit"]) == ("time_limit", "wall")
    assert run["usage"]["cpuTimeMs"] < 200
    assert verdict("x = bytearray(200 << 20)", {"memoryBytes": 64 << 20})[0] == "memory_limit"
    name, run = verdict("while True: print('x' * 1000)", {"outputBytes": 10_000})
    assert name == "output_limit"
    assert run["stdoutTruncated"] and run["stdoutBytes"] == 10_000


def test_many_tests_compile_once_and_keep_their_order(server):
    program = "#include <cstdio>\nint main() { int a, b; scanf(\"%d %d\", &a, &b); printf(\"%d\\n\", a + b); }"
    tests = [{"name": f"t{i}", "stdin": f"{i} {i}\n", "expectedOutput": f"{2 * i}  \n\n"} for i in range(10)]
    tests[4]["expectedOutput"] = "wrong\n"
    submission = server.run({"language": "cpp", "source": program, "tests": tests})
    assert [run["name"] for run in submission["runs"]] == [f"t{i}" for i in range(10)]
    assert [run["verdict"] for run in submission["runs"]] == ["accepted"] * 4 + ["wrong_answer"] + ["accepted"] * 5
    assert submission["verdict"] == "wrong_answer"
    assert submission["compile"]["verdict"] == "accepted"


def test_each_test_finds_fresh_files_and_processes(server):
    program = ("import os, sys, subprocess\n"
               "places = ['/box/left', '/tmp/left', '/dev/shm/left']\n"
               "print([os.path.exists(p) for p in places], len([p for p in os.listdir('/proc') if p.isdigit()]))\n"
               "for p in places: open(p, 'w').write('x')\n"
               "subprocess.Popen(['/bin/sleep', '100'], start_new_session=True)\n")
    submission = server.run({"language": "python", "source": program, "tests": [{"name": str(i)} for i in range(3)]})
    assert submission["verdict"] == "accepted", submission
    outputs = {run["stdout"] for run in submission["runs"]}
    assert len(outputs) == 1 and "True" not in outputs.pop()


def test_several_files_and_arguments(server):
    submission = server.run({
        "language": "cpp",
        "files": [
            {"name": "main.cpp", "content": "#include \"lib/twice.h\"\n#include <cstdio>\n#include <cstdlib>\n"
                                            "int main(int, char** a) { std::printf(\"%d %s\\n\", twice(std::atoi(a[1])), a[2]); }"},
            {"name": "lib/twice.cpp", "content": base64.b64encode(b"int twice(int v) { return 2 * v; }").decode(), "encoding": "base64"},
            {"name": "lib/twice.h", "content": "int twice(int);"},
        ],
        "entry": "main.cpp",
        "args": ["21", "a b;$(c)"],
    })
    assert submission["runs"][0]["stdout"] == "42 a b;$(c)\n", submission


def test_output_that_is_not_utf8(server):
    submission = server.run({"language": "python", "source": "import sys; sys.stdout.buffer.write(bytes(range(256)))"})
    run = submission["runs"][0]
    assert run["stdoutEncoding"] == "base64"
    assert base64.b64decode(run["stdout"]) == bytes(range(256))
    assert server.fetch(run["stdoutUrl"]).body == bytes(range(256))


def test_large_output_is_inline_up_to_64_kib_and_whole_behind_its_link(server):
    submission = server.run({"language": "python", "source": "print('0123456789' * 50_000)"})
    run = submission["runs"][0]
    assert run["verdict"] == "accepted"
    assert len(run["stdout"]) == 64 << 10
    assert run["stdoutBytes"] == 500_001
    assert server.fetch(run["stdoutUrl"]).body == b"0123456789" * 50_000 + b"\n"


def test_declared_output_files(server):
    program = ("import os\nopen('plot.png', 'wb').write(b'\\x89PNG' + bytes(1000))\n"
               "os.symlink('/etc/passwd', 'link'); os.mkfifo('pipe'); os.mkdir('dir')\nopen('dir/deep.txt', 'w').write('deep')\n"
               "open('a', 'w').write('a'); os.link('a', 'hard')\n")
    submission = server.run({"language": "python", "source": program,
                             "outputFiles": ["plot.png", "link", "pipe", "dir", "dir/deep.txt", "hard", "missing"]})
    files = {file["name"]: file for file in submission["runs"][0]["files"]}
    assert server.fetch(files["plot.png"]["url"]).body == b"\x89PNG" + bytes(1000)
    assert server.fetch(files["dir/deep.txt"]["url"]).body == b"deep"
    for name in ("link", "pipe", "dir", "hard", "missing"):
        assert files[name]["url"] is None and files[name]["problem"], name


def test_cancel_queued_running_and_finished(own_server):
    engine = own_server("--slots", "1")
    running = engine.submit({"language": "bash", "source": "echo begun; sleep 60", "limits": {"wallTimeMs": 60000}})
    for name, _ in engine.events(running):
        if name == "output":
            break
    queued = engine.submit(HELLO)
    assert engine.request("DELETE", f"/api/v1/submissions/{queued}").status in (200, 204)
    assert engine.get(f"/api/v1/submissions/{queued}").json["state"] == "cancelled"
    started = time.monotonic()
    assert engine.request("DELETE", f"/api/v1/submissions/{running}").status in (200, 204)
    assert engine.get(f"/api/v1/submissions/{running}").json["state"] == "cancelled"
    assert time.monotonic() - started < 10
    finished = engine.run(HELLO)
    answer = engine.request("DELETE", f"/api/v1/submissions/{finished['id']}")
    assert (answer.status, answer.json["error"]["code"]) == (409, "conflict")
    assert engine.request("DELETE", "/api/v1/submissions/00000000-0000-4000-8000-000000000000").status == 404


def test_priority_and_delay(own_server):
    engine = own_server("--slots", "1")
    blocker = engine.submit({"language": "bash", "source": "echo begun; read -t 1 < <(sleep 1)"})
    for name, _ in engine.events(blocker):
        if name == "output":
            break
    low = engine.submit({**HELLO, "priority": -1})
    high = engine.submit({**HELLO, "priority": 5})
    late = engine.submit({**HELLO, "priority": 50, "delayMs": 3000})
    ends = {name: engine.wait(identifier) for name, identifier in (("low", low), ("high", high), ("late", late))}
    assert ends["high"]["startedAt"] <= ends["low"]["startedAt"] <= ends["late"]["startedAt"]
    waited = datetime.fromisoformat(ends["late"]["startedAt"]) - datetime.fromisoformat(ends["late"]["createdAt"])
    assert waited >= timedelta(seconds=3)


def test_idempotency_key(server):
    key = {"Idempotency-Key": f"key-{time.time_ns()}"}
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(server.post("/api/v1/submissions", HELLO, key)))
               for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status for answer in answers} <= {200, 201}
    assert len({answer.json["id"] for answer in answers}) == 1
    other = server.post("/api/v1/submissions", {**HELLO, "source": "echo other"}, key)
    assert other.status == 422


def test_what_was_accepted_before_is_answered_though_there_is_no_room(own_server):
    engine = own_server("--slots", "1", environment={"EXECUTION_ENGINE_REQUESTS_WAITING": "1"})
    late, key = {**HELLO, "delayMs": 3_600_000}, {"Idempotency-Key": "known"}

    def answers(submission, headers=None):
        answer = engine.post("/api/v1/submissions", submission, headers)
        return answer.status, answer.json.get("id"), answer.headers.get("location")

    first = answers(late, key)
    assert first[0] == 201
    for room in ("in the queue", "on the disk"):
        assert answers(HELLO)[0] == 503, room
        assert answers(HELLO, {"Idempotency-Key": "new"})[0] == 503, room
        assert answers(late, key) == first, room
        assert answers(HELLO, key)[0] == 422, room
        engine.stop()
        engine.environment |= {"EXECUTION_ENGINE_REQUESTS_WAITING": "1000",
                               "EXECUTION_ENGINE_RETENTION_FREE_SPACE": "100000GiB"}
        engine.start()


def test_a_client_that_leaves_costs_nothing(server):
    body = b'{"language":"bash","source":"sleep 0.3"}'
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(b"POST /api/v1/submissions?wait=true HTTP/1.1\r\nHost: localhost\r\n"
                               b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    assert server.run(HELLO)["verdict"] == "accepted"


def connections_held(port):
    """The server's ends of connections that it has not closed."""
    rows = [line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]]
    established, closed_by_client = "01", "08"
    return sum(row[1].endswith(f":{port:04X}") and row[3] in (established, closed_by_client) for row in rows)


def test_a_waiting_client_that_leaves_is_noticed_long_before_its_answer(own_server):
    engine = own_server("--slots", "1")
    before = connections_held(engine.port)
    body = json.dumps({**HELLO, "delayMs": 3_600_000}).encode()
    request = (b"POST /api/v1/submissions?wait=true HTTP/1.1\r\nHost: localhost\r\n"
               b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    clients = [socket.create_connection(("127.0.0.1", engine.port)) for _ in range(50)]
    for client in clients:
        client.sendall(request)
    deadline = time.monotonic() + 30
    while connections_held(engine.port) < before + 50:
        assert time.monotonic() < deadline
    for client in clients[1:]:
        client.close()
    clients[0].shutdown(socket.SHUT_WR)  # Still wants its answer.
    while connections_held(engine.port) > before + 1:
        assert time.monotonic() < deadline, "the waits themselves last for a minute"
    assert clients[0].recv(4096).startswith(b"HTTP/1.1 100 Continue\r\n")
    clients[0].settimeout(2)
    with pytest.raises(TimeoutError):
        clients[0].recv(1)
    clients[0].close()


def test_compiler_options_are_on_an_allow_list(server):
    program = "#include <cstdio>\nint main() { std::printf(\"%ld\\n\", __cplusplus); }"
    assert server.run({"language": "cpp", "source": program})["runs"][0]["stdout"] == "202002\n"
    run = server.run({"language": "cpp", "source": program, "options": ["-std=c++17"]})["runs"][0]
    assert run["stdout"] == "201703\n"
    for option in ("-fplugin=/tmp/x.so", "-wrapper", "-B/box", "-specs=x", "@file", "-o../../x", "-I/", "-x", "-include",
                   "-Wl,-plugin,x", "-fuse-ld=x", "-std=c++17 -x", "-std=c++17\n", ""):
        answer = server.post("/api/v1/submissions", {"language": "cpp", "source": program, "options": [option]})
        assert (answer.status, answer.json["error"]["field"]) == (400, "options[0]"), option


def test_languages(server):
    languages = {entry["id"]: entry for entry in server.get("/api/v1/languages").json["languages"]}
    assert set(languages) >= {"c", "cpp", "python", "javascript", "java", "go", "rust", "bash"}
    for name in ("c", "cpp", "python", "bash"):
        assert languages[name]["version"], languages[name]


def test_health_and_metrics(server):
    assert server.get("/healthz").status == 200
    assert server.get("/readyz").status == 200
    server.run(HELLO)
    metrics = server.get("/metrics")
    assert metrics.headers["content-type"].startswith("text/plain")
    text = metrics.body.decode()
    for name in ("execution_engine_submissions", "queue", "boxes_ready", "_bucket", "http"):
        assert name in text, name
    assert 'language="bash"' in text and 'verdict="accepted"' in text


@pytest.mark.parametrize("method, path", [("PUT", "/api/v1/submissions"), ("POST", "/api/v1/languages"),
                                          ("DELETE", "/healthz"), ("PATCH", "/api/v1/submission")])
def test_wrong_method(server, method, path):
    answer = server.request(method, path, b"")
    assert answer.status == 405
    assert answer.headers["allow"]
