"""The whole engine on containers of a real Docker Engine instead of native boxes."""
import re
import signal

import pytest
from engine import ROOT, cli
from services import EngineOnDocker, wait_until
from test_verdicts_under_load import KINDS, LIMITS


@pytest.mark.parametrize("kind", KINDS)
def test_verdicts_are_those_of_native_boxes(docker_server, kind):
    submission, verdict, expected = KINDS[kind]
    answer = docker_server.run({"limits": LIMITS, **submission})
    assert answer["verdict"] == verdict, answer
    run = answer["runs"][0] if answer["runs"] else {}
    assert {name: run.get(name) for name in expected or {}} == (expected or {})


# Uses 200 ms of processor time by its own reckoning, touches 64 MiB, and has eight children for a while.
KNOWN = """
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
int main(void) {
  char* memory = malloc(64 << 20);
  memset(memory, 1, 64 << 20);
  for (int child = 0; child < 8; ++child)
    if (fork() == 0) {
      usleep(400000);
      _exit(0);
    }
  while (clock() < CLOCKS_PER_SEC / 5) memory[clock() & 0xffff] = 2;
  while (wait(NULL) > 0);
  return memory[5] == 0;
}
"""


@pytest.mark.parametrize("kind", ["native", "docker"])
def test_usage_is_what_was_used_in_either_kind_of_box(server, docker_server, kind):
    """As the table of docs/docker.md says; the processor time that fork and exit need comes on top."""
    answer = {"native": server, "docker": docker_server}[kind].run({"language": "c", "source": KNOWN})
    assert answer["verdict"] == "accepted", answer
    usage = answer["runs"][0]["usage"]
    assert 195 <= usage["cpuTimeMs"] <= 260, usage
    assert 64 << 20 <= usage["memoryBytes"] <= 70 << 20, usage
    assert usage["processes"] == 9, usage


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


def test_languages_may_have_kinds_of_boxes_and_images_of_their_own(dockerd, scratch):
    dockerd.docker("tag", dockerd.IMAGE, "judge/python:3")
    languages = scratch / "own-kinds-languages"
    languages.mkdir()
    for name in ("bash", "c", "python"):
        text = (ROOT / f"languages/{name}.toml").read_text()
        (languages / f"{name}.toml").write_text('runner = "native"\n' + text if name == "bash" else text)
    environment = {"EXECUTION_ENGINE_LANGUAGES": str(languages)}
    config = '[language.python]\nimage = "judge/python:3"\n'
    with EngineOnDocker(scratch / "own-kinds", dockerd, "--slots", "1", environment=environment,
                        config=config) as engine:
        def user(language, program):
            return int(engine.run({"language": language, "source": program})["runs"][0]["stdout"])

        assert user("bash", "id -u") == 1000
        assert user("c", "#include <stdio.h>\n#include <unistd.h>\nint main(void) { printf(\"%d\", getuid()); }") >= 40000
        assert user("python", "import os; print(os.getuid())") >= 40000
        wait_until(lambda: engine.images() == {dockerd.IMAGE, "judge/python:3"}, "one of each to wait for the next run")


def test_what_the_operator_sets_reaches_the_containers(dockerd, scratch):
    environment = {"EXECUTION_ENGINE_DOCKER_RUNTIME": "another", "EXECUTION_ENGINE_DOCKER_PROCESSORS": "0.5",
                   "EXECUTION_ENGINE_SANDBOX_STRICT": "true"}
    locks = "import fcntl\ntry: fcntl.flock(open('/usr/bin/env'), fcntl.LOCK_SH); print('locked')\nexcept OSError: print('refused')"
    with EngineOnDocker(scratch / "settings", dockerd, "--slots", "1", environment=environment) as engine:
        assert engine.run({"language": "python", "source": locks})["runs"][0]["stdout"] == "refused\n"
        wait_until(engine.containers, "the next to wait")
        form = "{{.HostConfig.Runtime}} {{.HostConfig.NanoCpus}}"
        shown = dockerd.docker("inspect", "--format", form, engine.containers()[0]).stdout
        assert shown == "another 500000000\n"


def test_doctor_examines_the_docker_engine(dockerd, scratch):
    def examine(engine, image=dockerd.IMAGE):
        return cli("doctor", "--runner", "docker", "--data", scratch / "doctor-docker", environment={
            "EXECUTION_ENGINE_DOCKER_ENGINE": engine, "EXECUTION_ENGINE_DOCKER_IMAGE": image,
            "EXECUTION_ENGINE_DOCKER_INSTANCE": "doctor"})

    well = examine(dockerd.socket)
    assert well.returncode == 0, well.stdout.decode()
    said = well.stdout.decode()
    assert f"docker              {dockerd.socket} answers" in said and "language python" in said
    assert "cgroups" not in said, "nothing is asked of the host that only native boxes need"
    for wrong, says in ((examine(f"unix://{scratch}/none"), f"{scratch}/none"), (examine(dockerd.socket, "no/such"), "no/such")):
        assert wrong.returncode == 1
        assert [line for line in wrong.stdout.decode().splitlines() if line.startswith("FAIL") and says in line]


def test_losses_are_counted_by_cause(dockerd, scratch):
    dockerd.docker("tag", dockerd.IMAGE, "judge/lost:1")
    config = '[language.python]\nimage = "judge/lost:1"\n'
    environment = {"EXECUTION_ENGINE_ATTEMPTS": "1"}
    with EngineOnDocker(scratch / "losses", dockerd, "--slots", "1", environment=environment, config=config) as engine:
        def losses(cause):
            found = re.search(rf'docker_losses_total{{cause="{cause}"}} (\d+)', engine.get("/metrics").body.decode())
            return int(found[1]) if found else 0

        identifier = engine.submit({"language": "bash", "source": "echo begun; sleep 3", "limits": {"wallTimeMs": 60000}})
        next(name for name, _ in engine.events(identifier) if name == "output")
        dockerd.docker("kill", *engine.running(), check=False)
        assert engine.wait(identifier)["verdict"] == "accepted"
        assert losses("container") >= 1 and losses("image") == 0
        dockerd.docker("rmi", "--force", "judge/lost:1")
        answers = (engine.run({"language": "python", "source": "print(1)"}) for _ in range(4))  # A few may be warm.
        lost = next(answer for answer in answers if answer["verdict"] == "internal_error")
        assert "judge/lost:1" in lost["reason"], lost
        assert losses("image") >= 1
        assert engine.run({"language": "bash", "source": "echo others go on"})["verdict"] == "accepted"


@pytest.mark.parametrize("config, status, says", [
    ('runner = "podman"', 2, "language.python.runner: 'podman' is none of native, docker"),
    ('colour = "red"', 2, "unknown key 'language.python.colour'"),
    ('runner = "docker"\n[language.cobol]\nrunner = "docker"', 125, "language.cobol: there is no language of that id"),
    ('runner = "docker"\nimage = "no/such"', 1, "image 'no/such' is not there"),
    ('runner = "docker"\nimage = "No Name!"', 1, "No Name!: invalid reference format"),
])
def test_a_wrong_runner_or_image_ends_the_start(dockerd, tmp_path, config, status, says):
    (tmp_path / "engine.toml").write_text("[language.python]\n" + config)
    done = cli("serve", "--data", tmp_path / "data", "--config", tmp_path / "engine.toml",
               environment={"EXECUTION_ENGINE_DOCKER_ENGINE": dockerd.socket})
    error = done.stderr.decode()
    assert done.returncode == status and says in error and error.count("\n") == 1, error


def test_what_is_missing_is_said(dockerd, scratch):
    missing = cli("run", "--runner", "docker", __file__,
                  environment={"EXECUTION_ENGINE_DOCKER_ENGINE": f"unix://{scratch}/none"})
    assert missing.returncode == 125 and b"docker" in missing.stderr
    image = cli("run", "--runner", "docker", __file__,
                environment={"EXECUTION_ENGINE_DOCKER_ENGINE": dockerd.socket,
                             "EXECUTION_ENGINE_DOCKER_IMAGE": "no/such/image"})
    assert image.returncode == 125 and b"no/such/image" in image.stderr


def test_the_daemons_restart_costs_nothing(dockerd, scratch):
    with EngineOnDocker(scratch / "restart", dockerd, "--slots", "1") as engine:
        assert engine.run({"language": "bash", "source": "echo before"})["verdict"] == "accepted"
        dockerd.stop(signal.SIGTERM)
        identifier = engine.submit({"language": "bash", "source": "echo after"})
        dockerd.start()
        answer = engine.wait(identifier)
        assert (answer["verdict"], answer["attempt"]) == ("accepted", 1), "what had nothing to run in was not tried"
        assert engine.run({"language": "bash", "source": "echo again"})["verdict"] == "accepted"
