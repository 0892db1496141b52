"""The sandbox on a host with cgroup v2 alone: in a virtual machine, where this one is not such a host."""
import pathlib

import pytest
from engine import ROOT
from services import in_machine

PROGRAM = ROOT / "build/release/sandbox_test"


def on_pure_v2():
    return pathlib.Path("/sys/fs/cgroup/cgroup.controllers").exists()


@pytest.mark.vm
@pytest.mark.skipif(on_pure_v2(), reason="this host is one; the unit tests have run on it")
def test_sandbox_in_a_virtual_machine(accelerator):
    assert PROGRAM.exists(), "script/build release sandbox_test first"
    # What programs do in an interpreter does not depend on cgroups, and hundreds of them take long there.
    done = in_machine(accelerator, PROGRAM, "--gtest_color=no", "--gtest_filter=-FrozenOracle.*", patience=1500)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "PASSED" in done.stdout
