"""The sandbox on a host with cgroup v2 alone: in a virtual machine, where this one is not such a host."""
import os
import pathlib
import shutil
import subprocess

import pytest

from engine import ENVIRONMENT, ROOT

PROGRAM = ROOT / "build/release/sandbox_test"
MACHINE = ROOT / "tools/cgroup2-vm"


def on_pure_v2():
    return pathlib.Path("/sys/fs/cgroup/cgroup.controllers").exists()


def in_machine(accelerator, *command, patience):
    environment = {**ENVIRONMENT, "HOME": os.environ.get("HOME", "/root"), "TMPDIR": "/tmp"}
    return subprocess.run([MACHINE, "--accel", accelerator, "--mem", "2G", "--timeout", str(patience), "--share", PROGRAM.parent,
                           "--", *command], capture_output=True, text=True, env=environment, check=False)


@pytest.fixture(scope="module")
def accelerator():
    """kvm where it really works: below some hypervisors it is there and hangs."""
    if on_pure_v2():
        pytest.skip("this host is one; the unit tests have run on it")
    if not shutil.which("qemu-system-x86_64"):
        pytest.skip("qemu is not installed")
    assert PROGRAM.exists(), "script/build release sandbox_test first"
    usable = os.access("/dev/kvm", os.R_OK | os.W_OK) and in_machine("kvm", "true", patience=30).returncode == 0
    return "kvm" if usable else "tcg"


@pytest.mark.vm
def test_sandbox_in_a_virtual_machine(accelerator):
    done = in_machine(accelerator, PROGRAM, "--gtest_color=no", patience=1500)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "PASSED" in done.stdout
