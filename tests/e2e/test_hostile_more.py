"""More cases of the same kind: what a program can hold on to, hide, spread or pass on."""
import collections
import re

import pytest

from engine import HOSTILE, ROOT, Engine, source
from services import EngineOnDocker
from test_hostile import attack_with_time
from witness import LIMITS


# What containers have from the same code, or from the kernel, is not tried there once more.
native = pytest.mark.parametrize("hostile", ["native"], indirect=True)


def c(program, **members):
    return {"language": "c", "source": source(HOSTILE / program), **members}


def test_bomb_that_reparents(hostile):
    submission, run = hostile.attack("a28_reparenting_bomb.c")
    assert submission["verdict"] == "time_limit", submission
    assert run["usage"]["processes"] <= 32


def test_chain_of_vforks(hostile):
    submission, run = hostile.attack("a29_vfork_chain.c", wallTimeMs=1000)
    assert (submission["verdict"], run["timeLimit"]) == ("time_limit", "wall")
    assert run["stdout"] == "start\n" and 16 < run["usage"]["processes"] <= 32


@pytest.mark.parametrize("program", ["a05_orphan_cpu.c", "a33_thread_cpu.c"])
def test_cpu_of_orphans_and_threads_counts(hostile, program):
    submission, run = attack_with_time(hostile, program)
    assert (submission["verdict"], run["timeLimit"]) == ("time_limit", "cpu")
    assert run["usage"]["cpuTimeMs"] >= 1500


@pytest.mark.parametrize("kind", ["files", "segments"])
def test_memory_that_is_not_mapped(hostile, kind):
    submission, run = hostile.attack_with(c("a09_unmapped_memory.c", args=[kind]))
    assert submission["verdict"] == "memory_limit", submission
    assert run["usage"]["memoryBytes"] > 100 << 20


@pytest.mark.parametrize("program", ["a17_mounts.c", "a18_syscalls.c"])
def test_calls_that_nobody_may_make(hostile, program):
    submission, run = hostile.attack(program)
    assert (submission["verdict"], run["stdout"]) == ("accepted", "done\n"), run


@native
def test_reading_the_whole_system_is_no_use_of_memory(hostile):
    submission, run = hostile.attack("a32_page_cache.py", memoryBytes=48 << 20, wallTimeMs=60000, cpuTimeMs=10000)
    assert (submission["verdict"], run["stdout"]) == ("accepted", "read True\n"), submission


def test_what_one_run_holds_another_does_not_miss(hostile):
    """The kernel counts some things for each user, so no two boxes may be the same one."""
    def taken(output):
        return {what: (int(count), reason) for what, count, reason in re.findall(r"^(\w+) (\d+) then (.+)$", output, re.M)}

    engine = hostile.engine
    holder = engine.submit(c("a30_per_user_limits.c", args=["hold"], limits={**LIMITS, "wallTimeMs": 60000}))
    held = ""
    for name, data in engine.events(holder):
        held += data["text"] if name == "output" else ""
        assert name != "result", data
        if "done" in held:
            break
    submission = hostile.attack_alone(c("a30_per_user_limits.c"))
    assert submission["verdict"] == "accepted", submission
    assert engine.request("DELETE", f"/api/v1/submissions/{holder}").status == 200
    before, beside = taken(held), taken(submission["runs"][0]["stdout"])
    assert all(reason != "no end" for _, reason in before.values()), before
    assert before["pipes"][0] >= 16 and before["timers"][0] >= 200 and before["inotify"][0] >= 16, before
    assert before["queues"][0] == 0 and before["signals"][0] + before["timers"][0] <= 256, before
    assert beside == before
    hostile.assert_nothing_left()


@native
def test_closed_streams_are_not_the_end(hostile):
    submission, run = hostile.attack_with({"language": "bash", "source": "echo before; exec >&- 2>&-; sleep 0.4; exit 5"})
    assert (run["verdict"], run["exitCode"], run["stdout"]) == ("runtime_error", 5, "before\n")
    assert run["usage"]["wallTimeMs"] >= 400


@native
def test_exit_at_the_limit_is_one_thing_or_the_other(hostile):
    """Whoever comes first decides, and the rest of the outcome agrees with it."""
    program = ("#include <stdio.h>\n#include <unistd.h>\n"
               "int main(void) { int ms = 0; scanf(\"%d\", &ms); usleep(ms * 1000); return 7; }")
    waits = [0, *range(292, 303, 2), 2000]
    submission = hostile.run({"language": "c", "source": program, "limits": {**LIMITS, "wallTimeMs": 300},
                              "tests": [{"stdin": str(wait)} for wait in waits]})
    outcomes = [(run["verdict"], run["exitCode"], run["timeLimit"]) for run in submission["runs"]]
    assert set(outcomes) <= {("runtime_error", 7, None), ("time_limit", None, "wall")}, outcomes
    assert (outcomes[0][0], outcomes[-1][0]) == ("runtime_error", "time_limit")
    for run in submission["runs"]:
        assert run["verdict"] == "runtime_error" or run["usage"]["wallTimeMs"] >= 300, run


@native
@pytest.mark.parametrize("program", ["c04_incbin.c", "c08_recursive_include.c", "c09_constexpr.cpp"])
def test_more_compiles(hostile, program):
    language = "cpp" if program.endswith("cpp") else "c"
    submission, _ = hostile.attack_with({"language": language, "source": source(HOSTILE / program),
                                         "compileLimits": {"cpuTimeMs": 1500, "memoryBytes": 256 << 20}})
    assert submission["verdict"] == "compile_error", submission
    assert len(submission["compile"]["output"]) <= 256 << 10
    assert "root:" not in submission["compile"]["output"]


@native
def test_the_assembler_sees_no_other_passwd_than_the_box(hostile):
    program = ('__asm__(".section .rodata\\n text: .incbin \\"/etc/passwd\\"\\n .byte 0\\n");\n'
               "extern const char text[];\nint puts(const char*);\nint main(void) { return puts(text) < 0; }")
    run = hostile.run({"language": "c", "source": program})["runs"][0]
    inside = hostile.run({"language": "bash", "source": "cat /etc/passwd; echo"})["runs"][0]
    assert run["stdout"] == inside["stdout"] and "execution-engine" not in run["stdout"]


@pytest.mark.parametrize("boxes", ["native", "docker"])
def test_nothing_passes_from_one_submission_to_the_next_in_a_pool(scratch, boxes, request):
    flags = ["--slots", "1", "--reuse", "pool"]
    engine = Engine(scratch / "pool", *flags) if boxes == "native" else \
        EngineOnDocker(scratch / "pool-on-docker", request.getfixturevalue("dockerd"), *flags)
    outputs, users = [], []
    with engine:
        for _ in range(5):
            outputs.append(engine.run(c("a25_between_runs.c", limits=LIMITS))["runs"][0]["stdout"])
            users.append(engine.run({"language": "bash", "source": "readlink /proc/self/ns/user"})["runs"][0]["stdout"])
    assert all(output.startswith("pid:[") for output in outputs), outputs
    # A container that was left with IPC objects is not used again; a native box is, in another life.
    assert boxes == "docker" or max(collections.Counter(users).values()) > 1, users


BUILDS = {
    "a link": ("ln -s /etc/passwd main", "compile_error"),
    "a link to itself": ("ln -s main main", "compile_error"),
    "a pipe": ("mkfifo main", "compile_error"),
    "a directory": ("mkdir main", "compile_error"),
    "two names": ("cp /bin/true main; ln main other", "compile_error"),
    "nothing": (":", "compile_error"),
    "a hole of 10 GiB": ("truncate -s 10G main", "compile_error"),
    "a locked file": ("cp /usr/bin/id main; chmod 111 main", "accepted"),
    "a program of everybody": ("printf '#!/bin/sh\\nls -l /box/main; id -u\\n' > main; chmod 6777 main", "accepted"),
    "a daemon": ("printf '#!/bin/sh\\necho ours\\n' > main; chmod +x main\n(setsid sh -c 'while :; do sleep 0.01; echo x >> alive; done' &) >&- 2>&-",
                 "accepted"),
}


@pytest.fixture(scope="module")
def builder(scratch):
    """A language whose compiler is the submitted script, so that an artefact may be anything."""
    languages = scratch / "builder-languages"
    languages.mkdir()
    (languages / "bash.toml").write_text((ROOT / "languages/bash.toml").read_text())
    (languages / "build.toml").write_text(
        'id = "build"\ntitle = "Build"\nextensions = ["build"]\nsource = "main.build"\n'
        'compile = ["/bin/sh", "-c", ". ./main.build"]\nartefacts = ["main"]\nrun = ["/box/main"]\n'
        "version_command = [\"/bin/sh\", \"-c\", \"echo 1.0\"]\nversion_pattern = '(.*)'\npackage = \"dash\"\n")
    with Engine(scratch / "builder", "--slots", "1", environment={"EXECUTION_ENGINE_LANGUAGES": str(languages)}) as engine:
        yield engine


@pytest.mark.parametrize("build", BUILDS)
def test_artefacts_are_plain_files_or_nothing(builder, build):
    script, verdict = BUILDS[build]
    submission = builder.run({"language": "build", "source": script, "limits": LIMITS})
    assert submission["verdict"] == verdict, submission
    if build == "a program of everybody":
        listed, user = submission["runs"][0]["stdout"].splitlines()
        assert listed.startswith("-r-xr-xr-x 1 ") and user == "1000", listed
    assert builder.run({"language": "bash", "source": "echo next"})["verdict"] == "accepted"
