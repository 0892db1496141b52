"""Submissions of many tests: what ends them early, and what runs at once."""
import pytest

# Reads a word and does as it says.
PROGRAM = """\
word=$(cat)
echo "$word" | tee made
case $word in
  fail) exit 3 ;;
  crash) kill -SEGV $$ ;;
  loop) while :; do :; done ;;
  flood) yes ;;
  wait) sleep 60 ;;
esac
"""
SUBMISSION = {"language": "bash", "source": PROGRAM, "outputFiles": ["made"]}


def cases(*words):
    return [{"name": f"{number} {word}", "stdin": word} for number, word in enumerate(words)]


@pytest.mark.parametrize("slots", [1, 2])
def test_no_test_after_the_first_failure_where_that_is_asked_for(own_server, slots):
    engine = own_server("--slots", str(slots))
    tests = cases("ok", "ok", "fail", "ok", "wait", "crash")
    submission = engine.run({**SUBMISSION, "tests": tests, "stopOnFailure": True})
    assert [run["name"] for run in submission["runs"]] == ["0 ok", "1 ok", "2 fail"]
    assert submission["verdict"] == "runtime_error"
    everything = engine.run({**SUBMISSION, "tests": cases("ok", "fail", "ok"), "stopOnFailure": False})
    assert [run["name"] for run in everything["runs"]] == ["0 ok", "1 fail", "2 ok"]


def test_a_free_slot_serves_a_second_test(own_server):
    engine = own_server("--slots", "2")
    running = engine.submit({**SUBMISSION, "tests": cases("ok", "wait", "wait", "wait"),
                             "limits": {"wallTimeMs": 60000}})
    begun = set()
    for name, value in engine.events(running):
        if name == "output":
            begun.add(value["test"])
        if len(begun) == 3:  # The first, which is over, and two that wait.
            break
    assert engine.request("DELETE", f"/api/v1/submissions/{running}").status in (200, 204)
    assert engine.run({"language": "bash", "source": "echo free"})["verdict"] == "accepted"


def test_the_answer_is_the_same_on_one_slot_and_on_two(own_server):
    words = ["ok", "crash", "fail", "ok", "loop", "flood", "ok", "wait"] + ["ok", "fail"] * 12
    submission = {**SUBMISSION, "tests": cases(*words),
                  "limits": {"cpuTimeMs": 200, "wallTimeMs": 1000, "outputBytes": 5000}}
    spread, in_turn = (own_server("--slots", "2", config=f"spreadTests = {value}\n").run(submission)
                       for value in ("true", "false"))
    for answer in (spread, in_turn):
        for run in answer["runs"]:
            del run["usage"]
            for link in [key for key in run if key.endswith("Url")]:
                del run[link]
            for file in run["files"]:
                del file["url"]
    assert [run["name"] for run in spread["runs"]] == [test["name"] for test in submission["tests"]]
    assert spread["runs"] == in_turn["runs"]
    assert spread["verdict"] == in_turn["verdict"] == "runtime_error"
