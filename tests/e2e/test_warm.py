"""Warm starts, as a client and an operator see them."""
import re

from engine import Engine

PROGRAM = {"language": "python", "source": "import sys\nprint(sys.argv, input())\nsys.exit(3)\n",
           "stdin": "text\n", "args": ["a"]}


def figure(engine, name):
    return float(re.search(rf"^{name} (\S+)$", engine.get("/metrics").body.decode(), re.M)[1])


def outcome(engine, **members):
    done = engine.run({**PROGRAM, **members})
    run = done["runs"][0]
    return done["verdict"], run["exitCode"], run["stdout"], run["stderr"]


def until_warm(engine):
    """Runs programs until one has gone on from an interpreter that was started; the first ones order it."""
    for _ in range(1000):
        outcome(engine)
        if figure(engine, "execution_engine_warm_runs") > 0:
            return
    raise AssertionError("no run went on from a started interpreter")


def test_a_run_goes_on_from_a_started_interpreter_unless_it_is_told_not_to(scratch):
    with Engine(scratch / "warm") as engine:
        fresh = outcome(engine, warm=False)
        assert fresh == ("runtime_error", 3, "['main.py', 'a'] text\n", "")
        assert figure(engine, "execution_engine_warm_memory_bytes") == 0
        until_warm(engine)
        assert 1 << 20 < figure(engine, "execution_engine_warm_memory_bytes") < 64 << 20
        before = figure(engine, "execution_engine_warm_runs")
        assert outcome(engine) == fresh
        assert figure(engine, "execution_engine_warm_runs") == before + 1
        assert outcome(engine, warm=False) == fresh
        assert figure(engine, "execution_engine_warm_runs") == before + 1


def test_an_operator_may_turn_it_off_for_a_language(scratch):
    with Engine(scratch / "cold", config="[language.python]\nwarm = false\n") as engine:
        for _ in range(3):
            assert outcome(engine)[:2] == ("runtime_error", 3)
        assert figure(engine, "execution_engine_warm_memory_bytes") == 0
