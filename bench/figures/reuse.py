"""What the compile of a program costs that was compiled before."""
from lockstep import Wrong, summary
from rows import MILLI
from server import server

TITLE = "A program that was compiled before"
ALONE = False

HELLO = '#include <cstdio>\nint main() { std::puts("hello"); }\n'
MOST_COMPILING = 1 * MILLI


def submit(engine):
    answer = engine.run({"language": "cpp", "source": HELLO})
    if [run["stdout"] for run in answer["runs"]] != ["hello\n"]:
        raise Wrong(f"a submission came back as {answer['verdict']}")
    return answer


def hits(engine, rounds, name):
    """The compile phase of submissions whose compile was done before."""
    submit(engine)
    times = []
    for _ in range(rounds):
        answer = submit(engine)
        if not answer["compile"]["cached"]:
            raise Wrong("a compile was not found in the cache")
        times.append(round(answer["phases"]["compilingMs"] * MILLI))
    line = {"name": name, "unit": "ns", **summary(times)}
    return {**line, "target": "p50 <= 1 ms", "bound": MOST_COMPILING, "holds": line["p50"] <= MOST_COMPILING}


def measure(programs, short):
    rounds = 100 if short else 400
    lines = []
    for name, environment in (("C++ hello compiled before: compile phase", None),
                              ("the same, read from the disk each time", {"EXECUTION_ENGINE_CACHE_MEMORY": "0"})):
        with server(programs.engine, environment=environment) as engine:
            lines.append(hits(engine, rounds, name))
    return lines
