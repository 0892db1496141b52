"""Java compiles of new sources: by the machine's own javac, and by the engine, by a kept compiler or plainly."""
import contextlib
import re
import time

from lockstep import Row, Wrong, Worker, summary, take_turns
from rows import timed
from server import scratch, server

TITLE = "Java compiles of new sources, by a compiler that is kept running or not"
ALONE = False
JAVAC = "/usr/bin/javac"
AT_LEAST = 20

# An @ becomes a number that is new in every submission.
HELLO = """public class Hello {
  public static void main(String[] args) { String text_@ = "hello"; System.out.println(text_@); }
}
"""


def figure(engine, name):
    return float(re.search(rf"^execution_engine_warm_{name} (\S+)$", engine.get("/metrics").body.decode(), re.M)[1])


class Compiles:
    """A Worker to whom asks: a step is one submission of a new source, its time what its compile took."""

    def __init__(self, engine, **members):
        self.engine, self.members, self.number = engine, {"language": "java", "cache": False, **members}, 0

    def step(self, _request=b"r"):
        self.number += 1
        answer = self.engine.run({**self.members, "source": HELLO.replace("@", str(self.number))})
        if answer["verdict"] != "accepted" or answer["runs"][0]["stdout"] != "hello\n":
            raise Wrong(f"a hello of Java came back as {answer}")
        return round(answer["phases"]["compilingMs"] * 1e6)


def until_warm(engine, worker):
    """Has a compiler started, and waits until it compiles."""
    deadline = time.monotonic() + 300
    while figure(engine, "compiles_total") == 0:
        worker.step()
        if time.monotonic() > deadline:
            raise Wrong("no compile was done by a compiler that is kept")


def measure(programs, short):
    with scratch() as directory, contextlib.ExitStack() as stack:
        (directory / "Hello.java").write_text(HELLO.replace("@", "1"))
        engine = stack.enter_context(server(programs.engine, "--cache", "0"))
        warm, plain = Compiles(engine), Compiles(engine, warm=False)
        until_warm(engine, warm)
        before = figure(engine, "compiles_total")
        stock = Row("javac Hello.java, no box", stack.enter_context(
            Worker(programs.bench / "spawn", JAVAC, "-d", directory, directory / "Hello.java")))
        rows = [Row("  by the engine, by a kept compiler", warm), Row("  by the engine, plainly", plain)]
        take_turns([stock, *rows], 4 if short else 40, warm_up=1)
        if figure(engine, "compiles_total") - before < len(rows[0].times):
            raise Wrong("some compiles were plain")
    lines = [timed(stock), *(timed(row, stock) for row in rows)]
    bound = summary(stock.times)["p50"] / AT_LEAST
    lines[1] |= {"target": f"{AT_LEAST} x as fast", "bound": round(bound), "holds": lines[1]["p50"] <= bound}
    return lines
