"""Bearer tokens: each with an owner, whose submissions nobody else sees."""
import hashlib

import pytest

from engine import Engine, cli, multipart

HELLO = {"language": "bash", "source": "echo hello"}
ANN, BOB = "ann-secret-token-0123456789", "bob-secret-token-0123456789"


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture(scope="module")
def guarded(scratch):
    tokens = scratch / "tokens.txt"
    tokens.write_text("# who may come in\n" + "".join(
        f"{owner}:{hashlib.sha256(token.encode()).hexdigest()}\n" for owner, token in (("ann", ANN), ("bob", BOB))))
    with Engine(scratch / "guarded", "--tokens", str(tokens)) as engine:
        yield engine


def test_no_token_no_entry(guarded):
    for method, path in (("POST", "/api/v1/submissions"), ("POST", "/api/v1/submission"),
                         ("POST", "/api/v1/submission/url"), ("GET", "/api/v1/submission/url?id=x"),
                         ("GET", "/api/v1/submissions/x"), ("GET", "/api/v1/submissions/x/events"),
                         ("DELETE", "/api/v1/submissions/x")):
        for headers in ({}, bearer("wrong-token-0123456789abcdef"), {"Authorization": "Basic YW5uOng="}, {"Authorization": "Bearer"}):
            answer = guarded.request(method, path, headers=headers)
            assert answer.status == 401, (method, path)
            assert "bearer" in answer.headers["www-authenticate"].lower()


def test_health_needs_none(guarded):
    assert guarded.get("/healthz").status == 200


def test_a_strangers_submission_does_not_exist(guarded):
    done = guarded.run(HELLO, bearer(ANN))
    path = f"/api/v1/submissions/{done['id']}"
    assert guarded.request("GET", path, headers=bearer(ANN)).status == 200
    for method, where in (("GET", path), ("GET", path + "/events"), ("DELETE", path),
                          ("GET", f"/api/v1/submission/url?id={done['id']}")):
        stranger = guarded.request(method, where, headers=bearer(BOB))
        assert stranger.status == 404
        unknown = guarded.request(method, where.replace(done["id"], "00000000-0000-4000-8000-000000000000"), headers=bearer(BOB))
        assert unknown.body.replace(b"00000000-0000-4000-8000-000000000000", done["id"].encode()) == stranger.body


def test_links_need_no_login(guarded):
    assert guarded.fetch(guarded.run(HELLO, bearer(ANN))["executedUrl"]).body == b"hello\n"


def test_upload_takes_the_same_token(guarded):
    body, content_type = multipart({"sourceCode": ("a.sh", b"echo hi")})
    answer = guarded.request("POST", "/api/v1/submission", body, {"Content-Type": content_type, **bearer(BOB)})
    assert answer.status == 200
    assert guarded.wait(answer.json["id"], bearer(BOB))["verdict"] == "accepted"


def test_idempotency_keys_are_per_owner(guarded):
    key = {"Idempotency-Key": "the-same"}
    ids = {guarded.submit(HELLO, {**bearer(token), **key}) for token in (ANN, BOB)}
    assert len(ids) == 2


def test_tokens_are_stored_hashed(guarded):
    assert ANN not in "".join(path.read_bytes().decode("latin-1") for path in guarded.data.rglob("*") if path.is_file())


def test_malformed_tokens_file(scratch):
    path = scratch / "malformed.txt"
    path.write_text("ann:not-a-hash\n")
    done = cli("serve", "--tokens", path, "--data", scratch / "unused", "--listen", "127.0.0.1:1")
    assert done.returncode == 2 and b"line 1" in done.stderr


def test_beyond_loopback_needs_tokens_or_a_word(scratch):
    done = cli("serve", "--listen", "0.0.0.0:1", "--data", scratch / "unused")
    assert done.returncode == 2 and b"--allow-anonymous" in done.stderr
