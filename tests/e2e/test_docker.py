"""The whole engine on containers of a real Docker Engine instead of native boxes."""
import signal

import pytest
from engine import cli
from services import EngineOnDocker, wait_until
from test_verdicts_under_load import KINDS, LIMITS


@pytest.mark.parametrize("kind", KINDS)
def test_verdicts_are_those_of_native_boxes(docker_server, kind):
    submission, verdict, expected = KINDS[kind]
    answer = docker_server.run({"limits": LIMITS, **submission})
    assert answer["verdict"] == verdict, answer
    run = answer["runs"][0] if answer["runs"] else {}
    assert {name: run.get(name) for name in expected or {}} == (expected or {})


def test_a_c_program_through_the_upload_ends_with_a_link(docker_server):
    answer = docker_server.run({"language": "c", "source": '#include <stdio.h>\nint main(void) { puts("hello"); }'})
    assert docker_server.fetch(answer["executedUrl"]).body == b"hello\n"


def test_there_is_no_network_and_no_privilege(docker_server):
    program = ("import os\nprint(sorted(os.listdir('/sys/class/net')) if os.path.isdir('/sys/class/net') else ['lo'])\n"
               "print(os.getuid() != 0, [l.split()[1] for l in open('/proc/self/status') if l.startswith('CapEff')])")
    answer = docker_server.run({"language": "python", "source": program})
    assert answer["runs"][0]["stdout"] == "['lo']\nTrue ['0000000000000000']\n"


def test_a_cancel_kills_the_run(docker_server):
    identifier = docker_server.submit({"language": "bash", "source": "sleep 100", "limits": {"wallTimeMs": 100000}})
    wait_until(lambda: docker_server.get(f"/api/v1/submissions/{identifier}").json["state"] == "running", "the run")
    assert docker_server.request("DELETE", f"/api/v1/submissions/{identifier}", timeout=30).status == 200
    assert docker_server.run({"language": "bash", "source": "echo next"})["verdict"] == "accepted"


def test_nothing_is_left_after_the_end_nor_after_a_crash(dockerd, scratch):
    engine = EngineOnDocker(scratch / "crash", dockerd, "--slots", "1")
    engine.start()
    engine.run({"language": "bash", "source": "echo hello"})
    engine.kill()
    assert engine.containers(), "containers outlive a crash"
    engine.start()
    engine.run({"language": "bash", "source": "echo hello"})
    engine.stop()
    wait_until(lambda: not engine.containers(), "the containers to go")


def test_what_is_missing_is_said(dockerd, scratch):
    missing = cli("run", "--runner", "docker", __file__,
                  environment={"EXECUTION_ENGINE_DOCKER_ENGINE": f"unix://{scratch}/none"})
    assert missing.returncode == 125 and b"docker" in missing.stderr
    image = cli("run", "--runner", "docker", __file__,
                environment={"EXECUTION_ENGINE_DOCKER_ENGINE": dockerd.socket,
                             "EXECUTION_ENGINE_DOCKER_IMAGE": "no/such/image"})
    assert image.returncode == 125 and b"no/such/image" in image.stderr


def test_the_daemons_restart_costs_nothing(dockerd, scratch):
    environment = {"EXECUTION_ENGINE_ATTEMPTS": "20"}  # More than are lost while it is away.
    with EngineOnDocker(scratch / "restart", dockerd, "--slots", "1", environment=environment) as engine:
        assert engine.run({"language": "bash", "source": "echo before"})["verdict"] == "accepted"
        dockerd.stop(signal.SIGTERM)
        identifier = engine.submit({"language": "bash", "source": "echo after"})
        dockerd.start()
        assert engine.wait(identifier)["verdict"] == "accepted"
        assert engine.run({"language": "bash", "source": "echo again"})["verdict"] == "accepted"
