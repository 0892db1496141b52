"""Several processes with a bucket for outputs, while the bucket takes nothing, and when it takes again."""
import re
import shutil
import time

import pytest
from engine import Engine
from services import Bucket, System, wait_until
from test_scale_out import get

HELLO = {"language": "bash", "source": "echo hello"}
UPLOADS = {"match": "^(POST|PUT) /upload", "share": 1, "status": 503}


def metric(part, name):
    found = re.search(rf"^{name} (\S+)$", get(part, "/metrics").body.decode(), re.M)
    return float(found[1]) if found else 0


def put_into_the_spool(system, number=1):
    """Submits that many; returns their ids when the outputs of all wait on the worker's disk."""
    system.bucket.control("POST", "faults", UPLOADS)
    identifiers = [system.apis[0].submit(HELLO) for _ in range(number)]
    wait_until(lambda: metric(system.workers[0], "execution_engine_deliveries_waiting") == number, "the outputs to wait")
    return identifiers


@pytest.fixture
def alone(scratch, request):
    """One process with everything embedded but its outputs, and their bucket."""
    bucket = Bucket(scratch / f"{request.node.name}-bucket")
    engine = Engine(scratch / request.node.name, "--slots", "1", "--output", "gs://outputs/test",
                    environment=bucket.environment())
    bucket.start()
    try:
        engine.start()
        yield engine, bucket
    finally:
        engine.kill()
        bucket.stop()


def shown(system, identifier):
    answer = system.apis[0].get(f"/api/v1/submissions/{identifier}").json
    return answer["state"], answer["attempt"]


def attempts_in_bucket(system, identifier):
    return {int(name.split("/")[2].removesuffix(".json")) for name in system.bucket.control("GET", "objects")["outputs"]
            if name.split("/")[1] == identifier}


def test_what_waits_for_the_bucket_keeps_its_lease_and_no_slot(scratch):
    with System(scratch / "bucket-lease", bucket=True, environment={"EXECUTION_ENGINE_LEASE": "2s"}) as system:
        identifiers = put_into_the_spool(system, 2)  # The only slot was free for the second.
        ready = get(system.workers[0], "/readyz")
        assert ready.status == 503 and "outputs wait for their place to come back" in ready.body.decode()
        time.sleep(5)  # Longer than a lost lease would go unnoticed.
        assert [shown(system, identifier) for identifier in identifiers] == [("running", 1)] * 2
        system.bucket.control("DELETE", "faults")
        for identifier in identifiers:
            answer = system.apis[0].wait(identifier)
            assert (answer["verdict"], answer["attempt"]) == ("accepted", 1)
            assert attempts_in_bucket(system, identifier) == {1}
        wait_until(lambda: get(system.workers[0], "/readyz").status == 200, "nothing to wait any more")
        said = get(system.workers[0], "/metrics").body.decode()
        assert re.search(r'execution_engine_output_retries_total{cause="5xx"} [1-9]', said)
        assert re.search(r'execution_engine_peer_seconds_count{call="put",peer="output"} [1-9]', said)
        assert re.search(r'execution_engine_peer_failures_total{call="put",peer="output"} [1-9]', said)


def test_a_worker_that_is_lost_with_its_spool_costs_an_attempt(scratch):
    with System(scratch / "bucket-lost", bucket=True, environment={"EXECUTION_ENGINE_LEASE": "2s"}) as system:
        identifier, = put_into_the_spool(system)
        system.workers[0].kill()
        shutil.rmtree(system.workers[0].data / "spool")
        system.bucket.control("DELETE", "faults")
        system.workers[0].start()
        answer = system.apis[0].wait(identifier)
        assert (answer["verdict"], answer["attempt"]) == ("accepted", 2)
        assert attempts_in_bucket(system, identifier) == {2}


def test_a_spool_outlives_its_worker_and_retention_reaches_the_bucket(scratch):
    environment = {"EXECUTION_ENGINE_RETENTION_AGE": "4s", "EXECUTION_ENGINE_RETENTION_INTERVAL": "1s"}
    with System(scratch / "bucket-restart", bucket=True, environment=environment) as system:
        identifier, = put_into_the_spool(system)
        system.workers[0].kill()
        system.bucket.control("DELETE", "faults")
        system.workers[0].start()  # Long before its lease is over.
        answer = system.apis[0].wait(identifier)
        assert (answer["verdict"], answer["attempt"]) == ("accepted", 1)
        assert answer["runs"][0]["stdout"] == "hello\n"
        assert attempts_in_bucket(system, identifier) == {1}
        assert "an output of an earlier life was delivered" in system.workers[0].log.read_text()
        wait_until(lambda: system.bucket.control("GET", "objects")["outputs"] == [], "the retention")
        assert system.apis[0].get(f"/api/v1/submissions/{identifier}").status == 404
        assert system.postgres.sql("select count(*) from owed").stdout.strip() == "0"


def test_a_process_that_is_alone_delivers_what_had_ended_before_it_was_killed(alone):
    """Its queue ended with it, but nobody is to run once more what only has to be written down."""
    engine, bucket = alone
    bucket.control("POST", "faults", UPLOADS)
    ended, damaged = (engine.submit(HELLO) for _ in range(2))
    wait_until(lambda: metric(engine, "execution_engine_deliveries_waiting") == 2, "the outputs to wait")
    engine.kill()
    with open(engine.data / "spool" / f"{damaged}.1.pack", "r+b") as file:
        file.truncate(20)
    engine.start()
    assert engine.get(f"/api/v1/submissions/{ended}").json["state"] == "running"
    bucket.control("DELETE", "faults")
    for identifier, attempt in ((ended, 1), (damaged, 2)):
        answer = engine.wait(identifier)
        assert (answer["verdict"], answer["attempt"]) == ("accepted", attempt)
        assert answer["runs"][0]["stdout"] == "hello\n"
    wait_until(lambda: list((engine.data / "spool").iterdir()) == [], "an empty spool")
    assert "its outputs cannot be read from the spool" in engine.log.read_text()
