"""Headers that are compiled ahead: the same answers, sooner, and nobody can put anything in their place."""
import hashlib
import os
import re

from engine import Engine, cli

HELLO = '#include <bits/stdc++.h>\nint main() { std::cout << "%s" << std::endl; return %d; }\n'
BROKEN = "#include <bits/stdc++.h>\nint main() { return nothing; }\n"

# Tries in every way that a program has to change what the path in its first argument leads to.
POISONER = r"""
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
int main(int argc, char **argv) {
  char gone[4096];
  snprintf(gone, sizeof gone, "%s.gone", argv[1]);
  int seen = open(argv[1], O_RDONLY), changed = 0;
  for (int flags = 1; flags <= 2; flags++) changed += open(argv[1], flags) >= 0;
  changed += open(gone, O_RDWR | O_CREAT, 0666) >= 0;
  changed += !chmod(argv[1], 0777) + !unlink(argv[1]) + !rename(argv[1], gone) + !truncate(argv[1], 0);
  changed += !mount("none", "/opt/headers", 0, MS_REMOUNT | MS_BIND, 0) + !umount("/opt/headers");
  printf("%d %d %d\n", seen >= 0, changed, open("/opt/headers", O_RDONLY) >= 0);
  return 0;
}
"""


def program(text, status=0):
    return {"language": "cpp", "source": HELLO % (text, status)}


def figure(engine, name):
    return float(re.search(rf"^execution_engine_headers_{name} (\S+)$", engine.get("/metrics").body.decode(), re.M)[1])


def told(answer):
    return answer["verdict"], [run["stdout"] for run in answer["runs"]]


def until_used(engine):
    """Compiles programs until one has used headers that were compiled ahead; the first one orders them."""
    before = figure(engine, "uses_total")
    for number in range(1000):
        assert told(engine.run(program(number))) == ("accepted", [f"{number}\n"])
        if figure(engine, "uses_total") > before:
            return
    raise AssertionError("no compile used headers that were compiled ahead")


def sets(engine):
    return sorted((engine.data / "headers").iterdir())


def test_a_compile_uses_headers_and_answers_the_same(own_server):
    engine = own_server("--cache", "0")
    first, first_broken = engine.run(program("text", 3)), engine.run({"language": "cpp", "source": BROKEN})
    until_used(engine)
    uses = figure(engine, "uses_total")
    again = engine.run(program("text", 3))
    assert figure(engine, "uses_total") == uses + 1
    assert told(again) == told(first) == ("runtime_error", ["text\n"])
    assert again["compile"]["usage"]["cpuTimeMs"] < first["compile"]["usage"]["cpuTimeMs"]
    broken = engine.run({"language": "cpp", "source": BROKEN})
    assert broken["compile"]["output"] == first_broken["compile"]["output"]
    assert (figure(engine, "vain_total"), figure(engine, "refused_total")) == (1, 0)
    made = figure(engine, "made_total")
    engine.stop()
    engine.start()
    until_used(engine)
    assert made == 1 and figure(engine, "made_total") == 0


def test_no_program_changes_headers(own_server):
    engine = own_server()
    until_used(engine)
    [key] = [path.name for path in sets(engine)]
    compiled = engine.data / "headers" / key / "bits/stdc++.h.gch"
    digest = hashlib.sha256(compiled.read_bytes()).hexdigest()
    answer = engine.run({"language": "c", "source": POISONER,
                         "args": [f"/opt/headers/{key}/bits/stdc++.h.gch"]})
    assert told(answer) == ("accepted", ["1 0 0\n"]), answer
    assert hashlib.sha256(compiled.read_bytes()).hexdigest() == digest
    uses = figure(engine, "uses_total")
    assert told(engine.run(program("after"))) == ("accepted", ["after\n"])
    assert figure(engine, "uses_total") == uses + 1


def test_what_was_changed_on_the_disk_is_made_anew(scratch):
    with Engine(scratch / "changed-headers") as engine:
        until_used(engine)
        [directory] = sets(engine)
        compiled = directory / "bits/stdc++.h.gch"
        os.chmod(compiled, 0o644)
        with open(compiled, "r+b") as file:
            file.seek(compiled.stat().st_size // 2)
            file.write(b"evil")
        (engine.data / "headers" / "half.part").mkdir()
        owner = compiled.stat()
        os.chown(engine.data / "headers" / "half.part", owner.st_uid, owner.st_gid)
        assert told(engine.run(program("changed"))) == ("accepted", ["changed\n"])
        until_used(engine)
        assert figure(engine, "made_total") == 2
        with open(compiled, "rb") as file:
            file.seek(compiled.stat().st_size // 2)
            assert file.read(4) != b"evil"
        engine.kill()
        engine.start()
        assert sets(engine) == [directory]


def test_headers_may_be_made_before_a_server_starts(scratch):
    done = cli("image", "--data", scratch / "made-before", "--options", "-std=gnu++17 -g")
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode().splitlines() == [f"cpp{options}: bits/stdc++.h is compiled ahead"
                                                 for options in ("", " -std=gnu++17 -g")]
    assert cli("image", "--data", scratch / "made-before", "--options", "-fplugin=x").returncode == 1
    with Engine(scratch / "made-before") as engine:
        until_used(engine)
        assert figure(engine, "made_total") == 0


def test_the_operator_may_have_all_compiled_plainly(own_server):
    engine = own_server(environment={"EXECUTION_ENGINE_COMPILE_MODE": "plain"})
    assert told(engine.run(program("plain"))) == ("accepted", ["plain\n"])
    assert not (engine.data / "headers").exists()
    assert "execution_engine_headers" not in engine.get("/metrics").body.decode()
