"""Compilers that are kept running, as a client and an operator see them."""
import re

from engine import Engine

HELLO = """public class Main {
  public static void main(String[] args) { System.out.println("%s"); }
}
"""
UNCHECKED = """import java.util.*;
public class Main {
  public static void main(String[] args) { List all = new ArrayList(); all.add("%s"); System.out.println(all.get(0)); }
}
"""


def figures(engine, name):
    text = engine.get("/metrics").body.decode()
    return [float(value) for value in re.findall(rf"^execution_engine_warm_{name}(?:{{.*}})? (\S+)$", text, re.M)]


def told(engine, source, **members):
    done = engine.run({"language": "java", "source": source, "cache": False, **members})
    return done["verdict"], done["compile"]["output"], [run["stdout"] for run in done["runs"]]


def until_warm(engine):
    """Compiles programs until one was compiled by a compiler that was kept; the first one orders it."""
    for number in range(1000):
        assert told(engine, HELLO % number) == ("accepted", "", [f"{number}\n"])
        if figures(engine, "compiles_total") > [0]:
            return
    raise AssertionError("no compile was done by a compiler that was kept")


def test_a_kept_compiler_compiles_unless_it_is_told_not_to_and_what_it_says_is_the_plain_ones(scratch):
    with Engine(scratch / "warm") as engine:
        plain = told(engine, UNCHECKED % "text", warm=False)
        assert plain[0] == "accepted" and "unchecked" in plain[1] and plain[2] == ["text\n"]
        assert figures(engine, "compiler_memory_bytes") == []
        until_warm(engine)
        assert all(32 << 20 < size <= 512 << 20 for size in figures(engine, "compiler_memory_bytes"))
        before = figures(engine, "compiles_total")[0]
        assert told(engine, HELLO % "Grüße") == ("accepted", "", ["Grüße\n"])
        assert figures(engine, "compiles_total") == [before + 1]
        assert told(engine, UNCHECKED % "text") == plain
        broken = HELLO.replace(";", "") % "text"
        assert told(engine, broken) == told(engine, broken, warm=False)
        assert figures(engine, "compiles_vain_total") == [2]
        assert told(engine, HELLO % "plain", warm=False) == ("accepted", "", ["plain\n"])
        assert figures(engine, "compiles_total") == [before + 1]
        assert figures(engine, "compilers_lost_total") == [0]


def test_an_operator_may_do_without(scratch):
    config = "[warm]\ncompilers = 0\n"
    with Engine(scratch / "none", config=config) as engine:
        for _ in range(2):
            assert told(engine, HELLO % "plain") == ("accepted", "", ["plain\n"])
        assert figures(engine, "compiler_memory_bytes") == []
