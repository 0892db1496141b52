"""API processes and workers apart from each other, around a real Redis and a real PostgreSQL."""
import contextlib
import datetime
import http.client
import json
import re
import signal
import threading
import time

import pytest
from engine import ROOT, cli, exchange, multipart
from services import Bucket, System, node, wait_until

HELLO = {"language": "cpp", "source": '#include <cstdio>\nint main() { puts("hello"); }'}
SLEEP = {"language": "python", "source": "import time\nprint('begun', flush=True)\ntime.sleep(60)",
         "limits": {"wallTimeMs": 100000}}


@pytest.fixture(scope="module")
def system(scratch):
    with System(scratch / "several-scale-out", apis=2, workers=2) as running:
        yield running


def test_what_one_api_takes_the_other_shows(system):
    one, two = system.apis
    identifier = one.submit(HELLO)
    answer = two.wait(identifier)
    assert answer["verdict"] == "accepted"
    assert answer["runs"][0]["stdout"] == "hello\n"
    assert two.get(f"/api/v1/submissions/{identifier}").json == one.get(f"/api/v1/submissions/{identifier}").json


def test_waiting_hears_of_the_end_at_once(system):
    """By an event: looking every 2 s would answer these, each sent right after a look, almost 2 s late."""
    late = 0
    for _ in range(5):
        answer = system.apis[0].run({"language": "bash", "source": "echo hello"})
        late += time.time() - datetime.datetime.fromisoformat(answer["finishedAt"].replace("Z", "+00:00")).timestamp()
        assert answer["verdict"] == "accepted"
    assert late < 5


def test_links_of_one_api_open_at_the_other(system):
    one, two = system.apis
    answer = one.run(HELLO)
    path = answer["executedUrl"].split("/", 3)[3]
    assert two.get("/" + path).body == b"hello\n"


def test_the_upload_api(system):
    api = system.apis[0]
    body, content_type = multipart({"sourceCode": ("main.py", b"print(6 * 7)")})
    answer = api.request("POST", "/api/v1/submission", body, {"Content-Type": content_type}).json
    api.wait(answer["id"])
    shown = system.apis[1].get(f"/api/v1/submission/url?id={answer['id']}").json
    assert system.apis[0].fetch(re.sub(r"//[^/]+/", f"//127.0.0.1:{api.port}/", shown["executedUrl"])).body == b"42\n"


def test_live_events_come_across(system):
    program = "import time\nfor n in range(4):\n  print(n, flush=True)\n  time.sleep(0.4)\n"
    api = system.apis[0]
    identifier = api.submit({"language": "python", "source": program})
    names, text = [], ""
    for name, data in api.events(identifier):
        names.append(name)
        if name == "output":
            text += data["text"]
    assert names[-1] == "result"
    assert "usage" in names and "phase" in names
    assert text and "0\n1\n2\n3\n".startswith(text)


def test_a_cancel_reaches_the_worker(system):
    one, two = system.apis
    identifier = one.submit(SLEEP)
    wait_until(lambda: two.get(f"/api/v1/submissions/{identifier}").json["state"] == "running", "the run")
    assert two.request("DELETE", f"/api/v1/submissions/{identifier}").status == 200
    assert one.get(f"/api/v1/submissions/{identifier}").json["state"] == "cancelled"
    # Its slot is free again long before the program would have ended.
    wait_until(lambda: [busy(worker) for worker in system.workers] == [0, 0], "the run to be killed", 30)


def get(worker, path):
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", worker.port, timeout=30)) as connection:
        return exchange(connection, "GET", path)


def busy(worker):
    return float(re.search(r"^execution_engine_runs (\S+)$", get(worker, "/metrics").body.decode(), re.M)[1])


def test_the_languages_are_those_of_the_workers(system):
    languages = {entry["id"]: entry for entry in system.apis[0].get("/api/v1/languages").json["languages"]}
    assert languages["cpp"]["available"] and languages["cpp"]["version"]
    assert system.apis[0].get("/readyz").status == 200


def test_an_idempotency_key_counts_at_every_api(system):
    one, two = system.apis
    key = {"Idempotency-Key": "the same for both"}
    first = one.post("/api/v1/submissions", HELLO, key)
    second = two.post("/api/v1/submissions", HELLO, key)
    assert first.json["id"] == second.json["id"]
    assert two.post("/api/v1/submissions", SLEEP, key).status == 422


def test_workers_serve_health_and_metrics_only(system):
    paths = ("/healthz", "/readyz", "/metrics", "/api/v1/languages")
    statuses = {path: get(system.workers[0], path).status for path in paths}
    assert statuses == {"/healthz": 200, "/readyz": 200, "/metrics": 200, "/api/v1/languages": 404}


def test_a_strangers_job_is_run_and_answered(system, scratch):
    script = scratch / "stranger.cjs"
    script.write_text("""
const { Queue, QueueEvents } = require('bullmq');
(async () => {
  const connection = { host: '127.0.0.1', port: Number(process.argv[2]) };
  const queue = new Queue('submissions', { connection });
  const events = new QueueEvents('submissions', { connection });
  await events.waitUntilReady();
  const good = await queue.add('mine', { language: 'python', source: 'print(input())', stdin: 'from afar' });
  const bad = await queue.add('mine', { language: 'python', sauce: 'x' }, { attempts: 5 });
  const value = await good.waitUntilFinished(events, 60000);
  const failure = await bad.waitUntilFinished(events, 60000).catch((error) => error.message);
  const again = await queue.getJob(bad.id);
  console.log(JSON.stringify({ value, failure, made: again.attemptsMade, state: await again.getState() }));
  await events.close();
  await queue.close();
})();
""")
    said = json.loads(node(script, system.redis.port))
    assert said["value"]["verdict"] == "accepted"
    assert said["value"]["runs"][0]["stdout"] == "from afar\n"
    assert said["state"] == "failed" and said["made"] == 1
    assert "source is missing" in said["failure"]
    shown = system.apis[0].get(f"/api/v1/submissions/{said['value']['id']}").json
    assert shown["verdict"] == "accepted"


def test_the_log_of_a_job_tells_its_steps(system, scratch):
    identifier = system.apis[0].submit(HELLO)
    system.apis[0].wait(identifier)
    script = scratch / "logs.cjs"
    script.write_text("""
const { Queue } = require('bullmq');
(async () => {
  const queue = new Queue('submissions', { connection: { host: '127.0.0.1', port: Number(process.argv[2]) } });
  console.log(JSON.stringify((await queue.getJobLogs(process.argv[3])).logs));
  await queue.close();
})();
""")
    wait_until(lambda: "finished" in node(script, system.redis.port, identifier), "the end of the log")
    begun, compiled, test, finished = json.loads(node(script, system.redis.port, identifier))
    assert re.fullmatch(r"attempt 1, by worker [0-9a-f-]{36} on \S+", begun)
    figures = r"accepted, \d+ ms CPU, \d+ ms, [\d.]+ MiB"
    assert re.fullmatch("compile: " + figures, compiled)
    assert re.fullmatch("test 1 of 1: " + figures, test)
    assert finished == "finished: accepted"


def test_doctor_examines_each_place(system, scratch):
    places = {"--store": system.postgres.url(), "--queue": system.redis.url(),
              "--output": f"file:{system.directory / 'outputs'}"}
    wrong = {"--store": "postgres://engine:secret@127.0.0.1:1/engine", "--queue": "redis://user:secret@127.0.0.1:1/0",
             "--output": "file:/proc/none"}

    def examine(**instead):
        flags = {**places, **{f"--{name}": url for name, url in instead.items()}}
        done = cli("doctor", "--data", scratch / "doctor-places", *(word for pair in flags.items() for word in pair))
        lines = [re.split(r"  +", line, maxsplit=2) for line in done.stdout.decode().splitlines()]
        assert "secret" not in done.stdout.decode() + done.stderr.decode()
        return done.returncode, {subject: (verdict.strip(), text) for verdict, subject, text in lines}

    status, found = examine()
    assert status == 0, found
    assert [found[place][0] for place in ("store", "queue", "output")] == ["ok"] * 3
    assert found["language python"][0] == "ok"
    for place in ("store", "queue", "output"):
        status, found = examine(**{place: wrong[f"--{place}"]})
        assert status == 1
        failed = {subject: text for subject, (verdict, text) in found.items() if verdict == "FAIL"}
        assert list(failed) == [place], found
        assert "127.0.0.1" in failed[place] or "/proc/none" in failed[place]
        assert "start it" in failed[place] or "make it a directory" in failed[place]


def test_a_killed_workers_submission_is_run_by_another(scratch):
    with System(scratch / "several-killed", apis=1, workers=2,
                environment={"EXECUTION_ENGINE_LEASE": "3s"}) as system:
        api = system.apis[0]
        program = {"language": "python", "source": "import time\ntime.sleep(4)\nprint('done')"}
        identifier = api.submit(program)
        wait_until(lambda: api.get(f"/api/v1/submissions/{identifier}").json["state"] == "running", "the run")
        system.workers[0].kill()
        answer = api.wait(identifier)
        assert answer["verdict"] == "accepted"
        assert answer["attempt"] in (1, 2)
        other = api.submit(program)
        wait_until(lambda: api.get(f"/api/v1/submissions/{other}").json["state"] == "running", "the run")
        system.workers[0].start()
        system.workers[1].kill()
        answer = api.wait(other)
        assert answer["verdict"] == "accepted"
        assert answer["attempt"] == 2


def test_servers_may_go_and_come_back(scratch):
    with System(scratch / "several-away", apis=1, workers=1) as system:
        api = system.apis[0]
        system.redis.stop(signal.SIGKILL)
        identifier = api.submit(HELLO)  # The store has it; the queue is told later.
        answer = api.get("/readyz")
        assert answer.status == 503 and "Redis" in answer.body.decode()
        system.redis.start()
        assert api.wait(identifier)["verdict"] == "accepted"
        system.postgres.stop(signal.SIGINT)
        assert api.post("/api/v1/submissions", HELLO).status == 503
        wait_until(lambda: "database" in api.get("/readyz").body.decode(), "the API to say what is away")
        system.postgres.start()
        wait_until(lambda: api.get("/readyz").status == 200, "the API to be ready again")
        assert api.run(HELLO)["verdict"] == "accepted"


def test_without_a_worker_nothing_is_promised(scratch):
    with System(scratch / "several-nobody", apis=1, workers=0) as system:
        api = system.apis[0]
        answer = api.get("/readyz")
        assert answer.status == 503 and "no worker is alive" in answer.body.decode()
        answer = api.post("/api/v1/submissions", HELLO)
        assert answer.status == 400 and answer.json["error"]["field"] == "language"


@pytest.mark.parametrize("flags, says", [
    (["serve", "--store", "mysql://x"], "neither sqlite:FILE nor postgres://"),
    (["serve", "--queue", "amqp://x"], "neither embedded: nor redis://"),
    (["serve", "--queue", "rediss://x"], "stunnel"),
    (["serve", "--output", "s3://x"], "neither file:DIRECTORY nor gs://"),
    (["serve", "--slots", "0"], "without slots nothing would ever run"),
    (["serve", "--store", "postgres://h/d"], "store and queue go together"),
    (["worker"], "a worker takes its work from others"),
    (["worker", "--store", "mysql://x"], "neither sqlite:FILE nor postgres://"),
    (["serve", "--store", "sqlite:/nonexistent/engine.db"], "/nonexistent/engine.db"),
    (["serve", "--output", "file:/nonexistent/outputs"], "/nonexistent/outputs"),
    (["serve", "--store", "postgres://h:port/d", "--queue", "redis://h"], "port"),
    (["serve", "--output", "gs:///prefix"], "output: "),
])
def test_wrong_places_are_refused_with_the_cure(scratch, flags, says):
    done = cli(*flags, "--data", scratch / "wrong-places")
    error = done.stderr.decode()
    assert done.returncode == 1 and says in error and error.count("\n") == 1, error


@pytest.mark.parametrize("queue", ["redis://127.0.0.1/zero", "redis://127.0.0.1:99999/0", "redis://", "redis://h/0?prefx=a"])
def test_a_wrong_queue_is_refused(system, scratch, queue):
    done = cli("serve", "--data", scratch / "wrong-queue", "--store", system.postgres.url(), "--queue", queue)
    error = done.stderr.decode()
    assert done.returncode == 1 and error.startswith("error: ") and error.count("\n") == 1, error


def test_places_are_nothing_to_a_command_that_needs_none(tmp_path):
    environment = {"EXECUTION_ENGINE_STORE": "mysql://x", "EXECUTION_ENGINE_SLOTS": "0"}
    (tmp_path / "a.sh").write_text("echo here")
    done = cli("run", tmp_path / "a.sh", environment=environment)
    assert (done.returncode, done.stdout) == (0, b"here\n"), done.stderr
    done = cli("languages", environment=environment)
    assert done.returncode == 0 and b"bash" in done.stdout, done.stderr


def test_links_into_a_bucket_cannot_live_longer_than_google_lets_them(scratch):
    account = Bucket(scratch / "long-links-account").environment()
    done = cli("serve", "--data", scratch / "long-links", "--output", "gs://outputs/test",
               environment={**account, "EXECUTION_ENGINE_LINKS_LIFETIME": "169h"})
    error = done.stderr.decode()
    assert done.returncode == 1 and "links.lifetime" in error and "7d" in error and error.count("\n") == 1, error


@pytest.mark.parametrize("flags, says", [
    (["--store", "postgres://engine:secret@127.0.0.1:1/engine", "--queue", "redis://127.0.0.1:1/0"], "127.0.0.1"),
])
def test_unreachable_places_end_the_start(scratch, flags, says):
    done = cli("serve", "--data", scratch / "unreachable", *flags)
    assert done.returncode == 1
    error = done.stderr.decode()
    assert says in error and "secret" not in error and error.count("\n") == 1


def test_an_unreachable_redis_ends_the_start(system, scratch):
    done = cli("serve", "--data", scratch / "no-redis", "--store", system.postgres.url(), "--queue",
               "redis://user:secret@127.0.0.1:1/0")
    error = done.stderr.decode()
    assert done.returncode == 1 and "127.0.0.1" in error and "secret" not in error and error.count("\n") == 1


def test_an_unreachable_bucket_ends_the_start(system, scratch):
    environment = {**Bucket(scratch / "no-bucket-account").environment(), "STORAGE_EMULATOR_HOST": "127.0.0.1:1"}
    done = cli("serve", "--data", scratch / "no-bucket", "--store", system.postgres.url(), "--queue", system.redis.url(),
               "--output", "gs://outputs/test", environment=environment)
    error = done.stderr.decode()
    assert done.returncode == 1 and "127.0.0.1" in error and error.count("\n") == 1, error


def test_the_dashboard_shows_what_there_is(system):
    """Each of its names is one that the program has, and calls to the store are timed."""
    said = system.apis[0].get("/metrics").body.decode()
    assert re.search(r'execution_engine_peer_seconds_count{call="insert",peer="store"} [1-9]', said)
    sources = "".join(path.read_text() for part in ("engine", "app") for path in (ROOT / "src" / part).glob("*.cc"))
    known = set(re.findall(r'"((?:execution_engine|process)_\w+)"', sources))
    shown = set(re.findall(r"\b(?:execution_engine|process)_\w+", (ROOT / "deploy/grafana/execution-engine.json").read_text()))
    assert shown and {re.sub(r"_(bucket|sum|count)$", "", name) for name in shown} <= known


def test_many_submissions_at_once(system):
    """Each API takes half; every one is answered once and rightly."""
    wrong = []

    def client(api, numbers):
        for number in numbers:
            answer = api.run({"language": "python", "source": f"print({number} * 3)"})
            if answer["runs"][0]["stdout"] != f"{number * 3}\n":
                wrong.append(answer)

    threads = [threading.Thread(target=client, args=(system.apis[n % 2], range(n, 60, 6))) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert system.postgres.sql("select count(*) from submissions where finished_at is null").stdout.strip() == "0"
