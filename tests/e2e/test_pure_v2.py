"""The sandbox on a pure cgroup v2 host: in a virtual machine, where this one is not such a host."""
import os
import pathlib
import shutil
import subprocess

import pytest

from engine import ENVIRONMENT, ROOT

PROGRAM = ROOT / "build/release/sandbox_test"


def on_pure_v2():
    return pathlib.Path("/sys/fs/cgroup/cgroup.controllers").exists()


@pytest.mark.vm
def test_sandbox_in_a_virtual_machine():
    if not os.environ.get("EXECUTION_ENGINE_VM"):
        pytest.skip("set EXECUTION_ENGINE_VM=1 to start a virtual machine")
    if on_pure_v2():
        pytest.skip("this host is one; the unit tests have run on it")
    if not shutil.which("qemu-system-x86_64"):
        pytest.skip("qemu is not installed")
    assert PROGRAM.exists(), "script/build release first"
    environment = {**ENVIRONMENT, "TMPDIR": "/tmp", "HOME": os.environ.get("HOME", "/root")}
    done = subprocess.run([ROOT / "tools/cgroup2-vm", "--mem", "2G", "--timeout", "900", "--share", PROGRAM.parent, "--", PROGRAM,
                           "--gtest_color=no"], capture_output=True, text=True, env=environment, check=False, timeout=1000)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "PASSED" in done.stdout
