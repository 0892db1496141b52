"""The submission upload API, to the letter: clients of the original system use it."""
import time
import urllib.parse

import pytest

from engine import SAMPLES, Engine, multipart, source


def upload(engine, fields, headers=None):
    body, content_type = multipart(fields)
    return engine.request("POST", "/api/v1/submission", body, {"Content-Type": content_type, **(headers or {})})


def result_of(engine, identifier, headers=None):
    """Asks until the result is there; every answer before that must be a 202."""
    while True:
        answer = engine.get(f"/api/v1/submission/url?id={identifier}", **(headers or {}))
        if answer.status == 200:
            return answer.json
        assert answer.status == 202, (answer.status, answer.body)
        assert set(answer.json) >= {"message", "codeId", "state"}
        assert answer.json["state"] in ("queued", "running")
        time.sleep(0.02)


def test_upload_run_and_download(server):
    answer = upload(server, {"sourceCode": ("main.cpp", source(SAMPLES / "cpp/sum.cpp").encode()), "stdin": "1 2\n39\n"})
    assert answer.status == 200
    assert answer.json == {
        "message": "File uploaded and pushed to queue successfully",
        "id": answer.json["id"],
        "fileName": answer.json["fileName"],
    }
    assert answer.json["fileName"].endswith(".cpp")
    result = result_of(server, answer.json["id"])
    assert result["message"] == "Executed URL fetched successfully"
    assert result["codeId"] == answer.json["id"]
    log = server.fetch(result["executedUrl"])
    assert (log.status, log.body) == (200, b"42\n")
    assert log.headers["content-type"].startswith("text/plain")
    assert log.headers["x-content-type-options"] == "nosniff"
    assert log.headers["content-disposition"].startswith("attachment")


def test_language_field_overrides_the_extension(server):
    answer = upload(server, {"sourceCode": ("notes.txt", b"print(6 * 7)"), "language": "python"})
    assert answer.status == 200, answer.body
    assert server.fetch(result_of(server, answer.json["id"])["executedUrl"]).body == b"42\n"


def test_stdin_may_be_a_file(server):
    answer = upload(server, {"sourceCode": ("a.py", b"print(input()[::-1])"), "stdin": ("in.txt", b"olleh\n")})
    assert server.fetch(result_of(server, answer.json["id"])["executedUrl"]).body == b"hello\n"


def test_log_holds_both_streams_in_order(server):
    program = b"import sys\nfor i in range(5):\n print('out', i, flush=True)\n print('err', i, file=sys.stderr, flush=True)\n"
    answer = upload(server, {"sourceCode": ("a.py", program)})
    log = server.fetch(result_of(server, answer.json["id"])["executedUrl"]).body.decode()
    assert sorted(log.split("\n")) == sorted("".join(f"out {i}\nerr {i}\n" for i in range(5)).split("\n"))
    assert [line for line in log.split("\n") if line.startswith("out")] == [f"out {i}" for i in range(5)]


def test_compile_error_is_the_log(server):
    answer = upload(server, {"sourceCode": ("a.c", b"int main(void) { return oops; }")})
    result = result_of(server, answer.json["id"])
    assert result["verdict"] == "compile_error"
    assert b"oops" in server.fetch(result["executedUrl"]).body


@pytest.mark.parametrize("fields, field", [
    ({}, "sourceCode"),
    ({"sourceCode": ("a.cpp", b"")}, "sourceCode"),
    ({"sourceCode": ("a.unknown", b"x")}, "unknown"),
    ({"sourceCode": ("noextension", b"x")}, "without an extension"),
    ({"sourceCode": ("../../etc/passwd.py", b"x")}, ".."),
    ({"sourceCode": ("a.py", b"x"), "language": "klingon"}, "klingon"),
])
def test_bad_uploads_are_answered_with_a_sentence(server, fields, field):
    answer = upload(server, fields or {"other": "x"})
    assert answer.status == 400
    assert set(answer.json) == {"message"}
    assert field in answer.json["message"]


def test_upload_needs_multipart(server):
    answer = server.post("/api/v1/submission", {"sourceCode": "x"})
    assert answer.status == 415
    assert set(answer.json) == {"message"}


@pytest.mark.parametrize("body, content_type", [
    (b"", "multipart/form-data; boundary=x"),
    (b"--x\r\n", "multipart/form-data; boundary=x"),
    (b"--x\r\nContent-Disposition: form-data; name=\"sourceCode\"; filename=\"a.py\"\r\n\r\nprint(1)", "multipart/form-data; boundary=x"),
    (b"anything", "multipart/form-data"),
    (b"--x\r\nbroken\r\n\r\nx\r\n--x--\r\n", "multipart/form-data; boundary=x"),
])
def test_wrong_multipart(server, body, content_type):
    answer = server.request("POST", "/api/v1/submission", body, {"Content-Type": content_type})
    assert answer.status == 400
    assert set(answer.json) == {"message"}


def test_a_hundred_thousand_parts_are_refused(server):
    body = b"".join(b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n" for _ in range(100_000)) + b"--x--\r\n"
    answer = server.request("POST", "/api/v1/submission", body, {"Content-Type": "multipart/form-data; boundary=x"})
    assert answer.status in (400, 413)


def test_unknown_id(server):
    assert server.get("/api/v1/submission/url?id=00000000-0000-4000-8000-000000000000").status == 404
    assert server.get("/api/v1/submission/url?id=../../etc/passwd").status == 404
    assert server.get("/api/v1/submission/url").status == 400


def test_links_are_checked(server):
    submission = server.run({"language": "bash", "source": "echo hi"})
    link = submission["executedUrl"]
    parts = urllib.parse.urlsplit(link)
    query = dict(urllib.parse.parse_qsl(parts.query))
    assert server.fetch(link).body == b"hi\n"

    def changed(path=parts.path, **replaced):
        return server.request("GET", path + "?" + urllib.parse.urlencode({**query, **replaced})).status

    flipped = ("0" if query["signature"][0] != "0" else "1") + query["signature"][1:]
    assert changed(signature=flipped) == 403
    assert changed(expires=str(int(query["expires"]) + 1)) == 403
    assert changed(path=parts.path.replace("log.txt", "runs/0/stdout.txt")) == 403
    assert changed(path=parts.path.replace("/1/", "/2/", 1)) == 403
    assert server.request("GET", parts.path).status == 403


def test_links_expire_and_survive_a_restart(scratch):
    engine = Engine(scratch / "links", config='links.lifetime = "2s"\n')
    with engine:
        link = engine.run({"language": "bash", "source": "echo hi"})["executedUrl"]
        assert engine.fetch(link).status == 200
    with engine:  # The key is the same; by now the two seconds may be over.
        expires = int(dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(link).query))["expires"])
        assert engine.fetch(link).status == (200 if time.time() < expires else 410)
        while time.time() <= expires + 1:
            time.sleep(0.1)
        assert engine.fetch(link).status == 410


def test_links_use_the_configured_address_and_never_the_host_header(own_server):
    engine = own_server(config='publicUrl = "https://judge.example.org/engine"\n')
    answer = engine.post("/api/v1/submissions?wait=true", {"language": "bash", "source": "echo hi"},
                         {"Host": f"localhost:{engine.port}"})
    assert answer.json["executedUrl"].startswith("https://judge.example.org/engine/files/")
