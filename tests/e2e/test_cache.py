"""Programs that were compiled before: same answer, faster, and nobody can put anything in their place."""
import os
import re

from engine import Engine

# Tries in every way that a program has to change the file that it runs from, or what stands in its place.
POISONER = r"""
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
static void plant(const char *path) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0777);
  if (fd < 0) return;
  const char *script = "#!/bin/sh\necho poisoned\n";
  (void)!write(fd, script, strlen(script));
  close(fd);
}
int main(int argc, char **argv) {
  puts("clean");
  fflush(stdout);
  chmod(argv[0], 0777);
  plant(argv[0]);
  plant("/proc/self/exe");
  unlink(argv[0]);
  plant("/box/main");
  plant("/box/other");
  rename("/box/other", "/box/main");
  for (int fd = 3; fd < 64; fd++) (void)!pwrite(fd, "poison", 6, 0);
  return 0;
}
"""


def program(text):
    return {"language": "c", "source": f'#include <stdio.h>\nint main(void){{puts("{text}");}}'}


def told(answer):
    return [run["stdout"].strip() for run in answer["runs"]]


def kept(engine):
    return sorted((engine.data / "cache").iterdir())


def figure(engine, name):
    return float(re.search(rf"^execution_engine_cache_{name} (\S+)$", engine.get("/metrics").body.decode(), re.M)[1])


def test_what_was_compiled_before_is_not_compiled_again(own_server):
    engine = own_server()
    fresh = engine.run(program("hello"))
    assert fresh["compile"]["cached"] is False
    again = engine.run(program("hello"))
    assert again["compile"] == {**fresh["compile"], "cached": True}
    assert again["phases"]["compilingMs"] < fresh["phases"]["compilingMs"] / 2
    assert told(again) == told(fresh) == ["hello"]
    assert engine.run({**program("hello"), "cache": False})["compile"]["cached"] is False
    assert engine.run({**program("hello"), "options": ["-O1"]})["compile"]["cached"] is False
    assert (figure(engine, "hits_total"), figure(engine, "misses_total")) == (1, 2)
    assert figure(engine, "bytes") > 0 and figure(engine, "memory_bytes") > 0
    engine.stop()
    engine.start()
    assert engine.run(program("hello"))["compile"] == again["compile"]


def test_a_refusal_is_remembered_word_for_word(own_server):
    engine = own_server()
    broken = {"language": "c", "source": "int main(void) { return nothing; }"}
    fresh, again = engine.run(broken), engine.run(broken)
    assert fresh["verdict"] == again["verdict"] == "compile_error"
    assert "nothing" in again["compile"]["output"]
    assert again["compile"] == {**fresh["compile"], "cached": True, "outputUrl": again["compile"]["outputUrl"]}
    assert again["attempt"] == 1
    assert kept(engine) == []
    engine.stop()
    engine.start()
    assert engine.run(broken)["compile"]["cached"] is False  # Not for longer than this process lives.


def test_a_refusal_that_may_be_the_hosts_is_not_remembered(own_server):
    engine = own_server()
    absent = {"language": "c", "source": '#include "absent.h"\nint main(void) {}'}
    for _ in range(2):
        answer = engine.run(absent)
        assert (answer["verdict"], answer["compile"]["cached"]) == ("compile_error", False)


def test_the_operator_may_do_without(own_server):
    engine = own_server("--cache", "0")
    for _ in range(2):
        assert engine.run(program("hello"))["compile"]["cached"] is False
    assert not (engine.data / "cache").exists()


def test_no_program_changes_what_it_runs_from(own_server):
    """In the policy that shares most: one box for all."""
    engine = own_server("--slots", "1", "--reuse", "pool")
    for cached in (False, True, True):
        answer = engine.run({"language": "c", "source": POISONER, "tests": [{}, {}]})
        assert answer["compile"]["cached"] is cached
        assert told(answer) == ["clean", "clean"], answer


def test_what_was_changed_or_swapped_on_the_disk_is_compiled_anew(own_server):
    engine = own_server("--slots", "1", environment={"EXECUTION_ENGINE_CACHE_MEMORY": "0"})
    names = {}
    for text in ("one", "two", "three"):
        engine.run(program(text))
        names[text] = (set(kept(engine)) - set(names.values())).pop()
    # A whole program in the place of another, and a byte of the third's code: all under the running engine.
    one, two = names["one"].read_bytes(), names["two"].read_bytes()
    names["one"].write_bytes(two)
    names["two"].write_bytes(one)
    with open(names["three"], "r+b") as file:
        at = file.seek(os.path.getsize(names["three"]) // 2)
        byte = file.read(1)
        file.seek(at)
        file.write(bytes([byte[0] ^ 1]))
    for text in names:
        answer = engine.run(program(text))
        assert (answer["compile"]["cached"], told(answer)) == (False, [text])
    for text in names:
        answer = engine.run(program(text))
        assert (answer["compile"]["cached"], told(answer)) == (True, [text])
    assert kept(engine) == sorted(names.values())


def test_a_killed_engine_leaves_a_cache_that_works(scratch):
    with Engine(scratch / "cache-killed") as engine:
        engine.run(program("hello"))
        (engine.data / "cache" / ("a" * 64 + ".0.part")).write_bytes(b"half of a program")
        os.chown(engine.data / "cache" / ("a" * 64 + ".0.part"), *[(engine.data / "cache").stat().st_uid] * 2)
        engine.kill()
        engine.start()
        assert [path for path in kept(engine) if path.suffix == ".part"] == []
        assert engine.run(program("hello"))["compile"]["cached"] is True
