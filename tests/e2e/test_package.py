"""The Debian package, installed into a fresh Debian 12: it serves, and is gone after its removal."""
import shutil
import subprocess

import pytest
from engine import ENVIRONMENT, Engine
from services import debian, dependencies

# A root of its own, as a container has it: what is installed there sees nothing of this machine's files.
ENTER = """
mount --bind "$0" "$0" && cd "$0"
mount -t proc proc proc && mount --rbind /sys sys && mount --rbind /dev dev
pivot_root . mnt && umount -l /mnt && exec "$@"
"""


def inside(root, *command):
    return ["unshare", "--mount", "--propagation", "private", "sh", "-ec", ENTER, str(root), *command]


def run_inside(root, *command):
    done = subprocess.run(inside(root, *command), capture_output=True, text=True, timeout=300, check=False,
                          env={**ENVIRONMENT, "DEBIAN_FRONTEND": "noninteractive"})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def root(package, scratch, request):
    """A minimal Debian 12 with what the package depends on, systemd, and Bash to run."""
    root = scratch / f"debian-for-{request.module.__name__}"
    root.mkdir()
    subprocess.run(["tar", "-xf", debian("systemd", *dependencies(package)), "-C", root], check=True)
    return root


class Installed(Engine):
    """`execution-engine serve` as the unit starts it, inside that root."""

    def __init__(self, root, data):
        # It shares the cgroups, but not /run, with other engines of this machine: it cannot see which names are taken.
        super().__init__(data, "--config", "/etc/execution-engine/engine.toml",
                         environment={"EXECUTION_ENGINE_SANDBOX_INSTANCE": "installed"})
        self.program = inside(root, "/usr/bin/execution-engine")
        self.data = "/var/lib/execution-engine"


def test_it_installs_serves_and_goes(root, package, scratch):
    shutil.copy(package, root / "tmp/engine.deb")
    run_inside(root, "dpkg", "-i", "/tmp/engine.deb")
    assert "execution-engine" in run_inside(root, "getent", "passwd", "execution-engine")
    assert run_inside(root, "execution-engine", "version").startswith("execution-engine")
    with Installed(root, scratch / "installed") as engine:
        answer = engine.run({"language": "bash", "source": "echo from the package"})
        assert answer["verdict"] == "accepted"
        assert engine.fetch(answer["executedUrl"]).body == b"from the package\n"
    run_inside(root, "dpkg", "--purge", "execution-engine")
    left = [path for path in ("usr/bin/execution-engine", "etc/execution-engine/engine.toml",
                              "var/lib/execution-engine") if (root / path).exists()]
    assert left == []
