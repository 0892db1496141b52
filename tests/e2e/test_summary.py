"""What ends script/test: the totals, and that nothing is skipped in silence."""
import subprocess
import sys

import pytest
from engine import ROOT

DOCKER = "docker_test.cc:57&#x0A;docker.io is not installed"


def summary(results, cases, *allowed, steps="0 build\n"):
    (results / "unit").mkdir(parents=True)
    (results / "unit/one.xml").write_text(f"<testsuites><testsuite>{cases}</testsuite></testsuites>")
    (results / "steps").write_text(steps)
    done = subprocess.run([sys.executable, ROOT / "tests/summary.py", results, *allowed], capture_output=True,
                          text=True, check=False)
    return done.returncode, done.stdout.splitlines()


def case(inside="", **attributes):
    words = " ".join(f'{name}="{value}"' for name, value in attributes.items())
    return f'<testcase classname="Boxes" name="Start" {words}>{inside}</testcase>'


def test_all_is_well(tmp_path):
    assert summary(tmp_path, case()) == (0, ["2 passed, 0 failed, 0 skipped"])


def test_failures_are_named(tmp_path):
    status, lines = summary(tmp_path, case("<failure message='no'/>"), steps="1 build release\n")
    assert status == 1
    assert lines == ["failed: unit/one.xml: Boxes.Start", "failed: build release", "0 passed, 2 failed, 0 skipped"]


@pytest.mark.parametrize("skipped", [case(f'<skipped message="{DOCKER}"/>'), case(result="skipped")])
def test_a_skip_is_a_failure(tmp_path, skipped):
    status, lines = summary(tmp_path, skipped)
    assert status == 1 and lines[0].startswith("skipped without leave: unit/one.xml: Boxes.Start")
    assert lines[-1] == "1 passed, 1 failed, 0 skipped"


def test_the_caller_may_allow_it(tmp_path):
    status, lines = summary(tmp_path, case(f'<skipped message="{DOCKER}"/>'), "another reason", "docker.io is not")
    assert status == 0
    assert lines == ["skipped: unit/one.xml: Boxes.Start: docker_test.cc:57 docker.io is not installed",
                     "1 passed, 0 failed, 1 skipped"]


def test_some_skips_are_by_nature(tmp_path):
    assert summary(tmp_path, case('<skipped message="a.cc:1&#x0A;pure v1 does not tell"/>'))[0] == 0
