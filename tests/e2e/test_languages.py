"""Real programs in every language that this machine has, in native boxes and in containers."""
import pytest

from engine import SAMPLES, source

EXTENSIONS = {"c": "c", "cpp": "cpp", "python": "py", "javascript": "js", "java": "java", "go": "go", "rust": "rs", "bash": "sh"}
COMPILED = {"c", "cpp", "java", "go", "rust"}
CHECKED = COMPILED | {"python", "javascript"}  # Before a program runs, its syntax is looked at.
LOOPS = {
    "c": "int main(void) { for (volatile int i = 0;; ++i) {} }",
    "cpp": "int main() { for (volatile int i = 0;; ++i) {} }",
    "python": "while True: pass",
    "javascript": "for (;;) {}",
    "java": "public class Main { public static void main(String[] a) { for (long i = 0; ; ++i) {} } }",
    "go": "package main\nfunc main() { for i := 0; ; i++ {} }",
    "rust": "fn main() { let mut i = 0u64; loop { i = unsafe { std::ptr::read_volatile(&i) }.wrapping_add(1); } }",
    "bash": "while :; do :; done",
}
SEVERAL = {
    "c": {"main.c": "int twice(int);\n#include <stdio.h>\nint main(void) { printf(\"%d\\n\", twice(21)); }", "twice.c": "int twice(int v) { return 2 * v; }"},
    "cpp": {"main.cpp": "int twice(int);\n#include <cstdio>\nint main() { std::printf(\"%d\\n\", twice(21)); }", "twice.cpp": "int twice(int v) { return 2 * v; }"},
    "python": {"main.py": "from helper.twice import twice\nprint(twice(21))", "helper/twice.py": "def twice(v): return 2 * v"},
    "javascript": {"main.js": "console.log(require('./twice.js')(21));", "twice.js": "module.exports = v => 2 * v;"},
    "java": {"Main.java": "public class Main { public static void main(String[] a) { System.out.println(Twice.of(21)); } }",
             "Twice.java": "class Twice { static int of(int v) { return 2 * v; } }"},
    "go": {"main.go": "package main\nimport \"fmt\"\nfunc main() { fmt.Println(twice(21)) }", "twice.go": "package main\nfunc twice(v int) int { return 2 * v }"},
    "rust": {"main.rs": "mod twice;\nfn main() { println!(\"{}\", twice::of(21)); }", "twice.rs": "pub fn of(v: i32) -> i32 { 2 * v }"},
    "bash": {"main.sh": ". ./twice.sh\ntwice 21", "twice.sh": "twice() { echo $((2 * $1)); }"},
}


IN_THE_IMAGE = {"c", "cpp", "python", "bash"}  # Of the test's Docker Engine.
PLACES = [("native", language) for language in sorted(EXTENSIONS)] + [("docker", language) for language in sorted(IN_THE_IMAGE)]


@pytest.fixture(params=PLACES, ids="-".join)
def place(request):
    return request.param


@pytest.fixture
def server(place, server, docker_server):
    return {"native": server, "docker": docker_server}[place[0]]


@pytest.fixture
def language(place, server):
    entry = next(e for e in server.get("/api/v1/languages").json["languages"] if e["id"] == place[1])
    if not entry["version"]:
        assert place[0] == "native", entry
        pytest.skip(f"{place[1]} is not installed here: {entry['problem']}")
    return place[1]


def sample(language, name):
    return source(SAMPLES / language / f"{name}.{EXTENSIONS[language]}")


def test_hello(server, language):
    submission = server.run({"language": language, "source": sample(language, "hello")})
    assert submission["verdict"] == "accepted", submission
    assert submission["runs"][0]["stdout"].strip()
    assert (submission["compile"] is not None) == (language in COMPILED)


def test_sum_of_stdin(server, language):
    submission = server.run({"language": language, "source": sample(language, "sum"), "stdin": "1 2 3\n40 -5\n100\n"})
    assert submission["runs"][0]["stdout"].strip() == "141", submission


def test_runtime_error(server, language):
    submission = server.run({"language": language, "source": sample(language, "runtime_error")})
    assert submission["verdict"] == "runtime_error"
    run = submission["runs"][0]
    assert run["exitCode"] or run["signal"]


def test_compile_error(server, language):
    if language not in CHECKED:
        pytest.skip(f"{language} finds its errors when it gets there")
    submission = server.run({"language": language, "source": sample(language, "compile_error")})
    assert submission["verdict"] == "compile_error"
    assert submission["compile"]["output"].strip()
    assert submission["runs"] == []


def test_infinite_loop(server, language):
    submission = server.run({"language": language, "source": LOOPS[language], "limits": {"cpuTimeMs": 1000, "wallTimeMs": 20000}})
    assert submission["verdict"] == "time_limit", submission
    assert submission["runs"][0]["timeLimit"] == "cpu"


def test_several_files(server, language):
    files = [{"name": name, "content": content} for name, content in SEVERAL[language].items()]
    submission = server.run({"language": language, "files": files, "entry": files[0]["name"]})
    assert submission["runs"][0]["stdout"] == "42\n", submission


@pytest.mark.parametrize("place", [("native", "java")], indirect=True)
def test_java_finds_the_public_class(server, language):
    submission = server.run({"language": language, "source": source(SAMPLES / "java/other_class.java")})
    assert submission["runs"][0]["stdout"] == "42\n", submission
