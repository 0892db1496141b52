"""What each further test of one compiled program costs."""
import contextlib
import subprocess
import time

from lockstep import Row, Worker, Wrong, take_turns
from rows import timed
from server import scratch, server

TITLE = "100 tests of one C++ program"
ALONE = False

TESTS, MOST = 100, 1.5
SOURCE = '#include <cstdio>\nint main() { int n; if (std::scanf("%d", &n) == 1) std::printf("%d\\n", n + 1); }\n'


class Submitter:
    """In the place of a worker of the table: a step is what a test costs beyond the first one."""

    def __init__(self, engine):
        self.engine = engine

    def step(self, _request):
        many, one = self.ask(TESTS), self.ask(1)
        return round((many - one) / (TESTS - 1))

    def ask(self, count):
        """Nanoseconds to the answer; every output of it is right."""
        tests = [{"stdin": f"{number}\n"} for number in range(count)]
        began = time.monotonic_ns()
        answer = self.engine.post("/api/v1/submissions?wait=true&timeoutMs=60000",
                                  {"language": "cpp", "source": SOURCE, "tests": tests})
        took = time.monotonic_ns() - began
        if [run["stdout"] for run in answer.json["runs"]] != [f"{number + 1}\n" for number in range(count)]:
            raise Wrong("a test was answered wrongly")
        return took


def measure(programs, short):
    rounds = 15 if short else 120
    with contextlib.ExitStack() as stack:
        directory = stack.enter_context(scratch())
        source, program = directory / "main.cpp", directory / "main"
        source.write_text(SOURCE)
        subprocess.run(["/usr/bin/g++", "-std=gnu++20", "-O2", "-o", program, source], check=True, env={"PATH": "/usr/bin"})
        bare = Row("bare start of the same program", stack.enter_context(Worker(programs.bench / "spawn", program)))
        in_turn, spread = (Row(name, Submitter(stack.enter_context(
            server(programs.engine, environment={"EXECUTION_ENGINE_SPREAD_TESTS": value}))))
            for name, value in (("each further test, one by one", "false"), ("each further test, on free slots too", "true")))
        take_turns([bare, in_turn, spread], rounds)
    return [timed(bare, bare), timed(in_turn, bare, MOST), timed(spread, bare, MOST)]
