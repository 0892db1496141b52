"""Interpreters that are started ahead of their program, as a client and an operator see them."""
import pathlib
import re
import time

import pytest
from engine import Engine

CORPUS = sorted((pathlib.Path(__file__).resolve().parents[1] / "corpus/javascript").glob("*js"))
HELLO = 'console.log("hello", require("fs").readFileSync(0, "utf8"))\n'


def figures(engine, name):
    text = engine.get("/metrics").body.decode()
    return [float(value) for value in re.findall(rf"^execution_engine_ahead_{name}(?:{{.*}})? (\S+)$", text, re.M)]


def outcome(engine, submission):
    done = engine.run(submission)
    if not done["runs"]:
        return done["verdict"], done["compile"]["output"]
    run = done["runs"][0]
    return done["verdict"], run["exitCode"], run["signal"], run["stdout"], without_addresses(run["stderr"])


def without_addresses(text):
    """What Node says when its heap is full is times and addresses, but for one line."""
    if "<--- Last few GCs --->" not in text:
        return text
    return [line for line in text.splitlines() if line.startswith("FATAL")]


def outcomes_ahead(engine, submission, count=1):
    """Runs it until so many went on from an interpreter that stood; all outcomes. Those before order it."""
    deadline = time.monotonic() + 60
    seen, last = [], figures(engine, "runs_total")[0] + count
    while figures(engine, "runs_total")[0] < last:
        seen.append(outcome(engine, submission))
        assert time.monotonic() < deadline, "no interpreter stands started"
    return seen


def until_one_stands(engine):
    deadline = time.monotonic() + 60
    while not figures(engine, "memory_bytes"):
        assert time.monotonic() < deadline, "no interpreter stands started"


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    with Engine(tmp_path_factory.mktemp("ahead")) as running:
        yield running


@pytest.mark.parametrize("program", CORPUS, ids=lambda path: path.name)
def test_a_program_does_the_same_in_an_interpreter_that_was_started_ahead(engine, program):
    text = program.read_text()
    submission = {"language": "javascript", "files": [{"name": f"main{program.suffix}", "content": text}]}
    if stdin := re.search(r"^// stdin: (.*)$", text, re.M):
        submission["stdin"] = stdin[1].replace("\\n", "\n")
    before = figures(engine, "runs_total")
    fresh = outcome(engine, {**submission, "warm": False})
    assert figures(engine, "runs_total") == before
    assert set(outcomes_ahead(engine, submission)) == {fresh}


def test_a_request_and_an_operator_may_turn_it_off(scratch):
    submission = {"language": "javascript", "source": HELLO, "stdin": "you"}
    with Engine(scratch / "off", config="[language.javascript]\nwarm = false\n") as off:
        for _ in range(3):
            assert off.run(submission)["runs"][0]["stdout"] == "hello you\n"
        assert figures(off, "memory_bytes") == [] and figures(off, "runs_total") == [0]
    with Engine(scratch / "on") as on:
        outcomes_ahead(on, submission)
        until_one_stands(on)
        assert 1 << 20 < figures(on, "memory_bytes")[0] < 128 << 20
        before = figures(on, "runs_total")
        assert on.run({**submission, "warm": False})["runs"][0]["stdout"] == "hello you\n"
        assert figures(on, "runs_total") == before


def test_nothing_of_one_run_is_there_for_the_next(engine):
    litter = {"language": "javascript", "source": """
const fs = require("fs");
console.log(fs.readdirSync("/box"), fs.readdirSync("/tmp"), typeof globalThis.left, process.pid);
globalThis.left = 1;
fs.writeFileSync("/tmp/left", "x");
fs.writeFileSync("/box/left.js", "x");
require("child_process").spawn("/bin/sleep", ["1000"], {detached: true, stdio: "ignore"}).unref();
"""}
    assert {run[3] for run in outcomes_ahead(engine, litter, 6)} == {"[ 'main.js' ] [] undefined 2\n"}
