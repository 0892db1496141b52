"""Our Google Cloud Storage against Google's own client for Node.js: the same links, the same objects.

Needs build/npm (script/bootstrap --test) and gcs_tool (script/build asan gcs_tool).
"""
import base64
import json
import os
import pathlib
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = pathlib.Path(os.environ.get("ENGINE_GCS_TOOL", ROOT / "build/asan/gcs_tool"))
EMAIL = "engine@project-x.iam.gserviceaccount.com"

NAMES = ["log.txt", "runs/0/stdout.txt", "with space.txt", "über/日本語/🙂.txt", "!'()*~.txt",
         "a+b&c=d?e#f%20g;h:i@j$k,l[m].txt", "\"quoted\"\\back.txt", "e\u0301.txt"]


def run(command, **options):
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def official(questions):
    environment = {"PATH": os.environ["PATH"], "NODE_PATH": str(ROOT / "build/npm/node_modules")}
    return json.loads(run(["node", str(ROOT / "tests/compat/official_gcs.js")],
                          input=json.dumps(questions), env=environment))


def ours(*words):
    return run([str(TOOL), *map(str, words)]).splitlines()


@pytest.fixture(scope="module")
def key_file(tmp_path_factory):
    """A service account with a throw-away key."""
    path = tmp_path_factory.mktemp("gcs") / "key.json"
    key = run(["openssl", "genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"])
    path.write_text(json.dumps({"type": "service_account", "project_id": "project-x", "private_key_id": "1",
                                "client_email": EMAIL, "private_key": key}))
    return path


@pytest.fixture
def fake(key_file):
    """The fake's "host:port". It asks for no token, as Google's client sends none to another host."""
    with subprocess.Popen([sys.executable, ROOT / "tests/fakes/gcs.py", "--bucket", "outputs", "--open",
                           "--account", key_file, "--page-size", "2"], stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()


def test_signed_links_are_byte_for_byte_the_official_ones(key_file):
    begin = 4_070_908_800  # 2099-01-01T00:00:00Z: the client refuses to sign what has expired.
    questions = [
        {"key": str(key_file), "endpoint": endpoint, "bucket": bucket, "object": prefix + name, "from": begin + at,
         "seconds": seconds, "type": content_type, "disposition": disposition}
        for endpoint, bucket, at, seconds in [
            ("https://storage.googleapis.com", "outputs", 0, 1800),
            ("https://storage.googleapis.com", "out.puts_1-x", 45_296, 604_800),
            ("http://storage.test", "outputs", 86_399, 1)]
        for prefix in ["", "some/where ü/"]
        for name in NAMES
        for content_type, disposition in [
            (None, None),
            ("text/plain; charset=utf-8", f'attachment; filename="{name}"')]]
    expected = official(questions)
    for question, url in zip(questions, expected):
        more = [f"{member}={question[key]}" for member, key in
                [("response-content-type", "type"), ("response-content-disposition", "disposition")]
                if question[key]]
        assert ours("sign", key_file, question["endpoint"], question["bucket"], question["object"],
                    question["from"], question["seconds"], *more) == [url]


@pytest.mark.parametrize("packing", ["plain", "gzip"])
def test_the_official_client_reads_what_we_wrote(key_file, fake, packing):
    submission = str(uuid.uuid4())
    contents = {name: f"{name}\n" * 200 for name in NAMES if "=" not in name} | {"small.txt": "small"}
    links = ours("put", key_file, fake, "outputs/some/where", submission, 3, packing,
                 *(f"{name}={text}" for name, text in contents.items()))

    home = f"some/where/{submission}/"
    [files] = official([{"key": str(key_file), "endpoint": f"http://{fake}", "bucket": "outputs", "prefix": home}])
    found = {file["name"]: file for file in files}
    assert set(found) == {f"{home}3/{name}" for name in contents} | {f"{home}3.json"}
    for name, text in contents.items():
        file = found[f"{home}3/{name}"]
        assert base64.b64decode(file["base64"]).decode() == text
        assert file["type"] == "text/plain; charset=utf-8"
        assert file.get("encoding") == ("gzip" if packing == "gzip" and len(text) > 1024 else None)

    for link, text in zip(links, contents.values()):
        with urllib.request.urlopen(link) as answer:
            assert answer.read().decode() == text


def test_links_of_the_official_client_are_good_for_the_fake(key_file, fake):
    """So what the fake verifies is what Google's signers make, not what ours do."""
    submission = str(uuid.uuid4())
    ours("put", key_file, fake, "outputs/p", submission, 1, "plain", "a b.txt=bytes")
    question = {"key": str(key_file), "endpoint": f"http://{fake}", "bucket": "outputs",
                "object": f"p/{submission}/1/a b.txt", "from": int(time.time()), "seconds": 600, "type": "text/css"}
    [link] = official([question])
    with urllib.request.urlopen(link) as answer:
        assert (answer.read(), answer.headers["Content-Type"]) == (b"bytes", "text/css")
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(link.replace("text%2Fcss", "text%2Fhtml"))
