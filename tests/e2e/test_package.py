"""The Debian package, installed into a fresh Debian 12: it serves, and is gone after its removal."""
import pathlib
import shutil
import subprocess
import tempfile

import pytest
from engine import ENVIRONMENT, ROOT, Engine

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
def package():
    done = subprocess.run([ROOT / "script/package"], capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr
    return ROOT / done.stdout.strip().splitlines()[-1]


@pytest.fixture(scope="module")
def debian(package):
    """A minimal Debian 12 with what the package depends on, and Bash to run."""
    depends = subprocess.run(["dpkg-deb", "-f", package, "Depends"], capture_output=True, text=True, check=True).stdout
    names = ",".join(part.split()[0] for part in depends.strip().split(", "))
    path = pathlib.Path(tempfile.mkdtemp(prefix="execution-engine-debian."))
    done = subprocess.run(["mmdebstrap", "--variant=minbase", f"--include={names}", "bookworm", str(path / "root")],
                          capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    yield path / "root"
    shutil.rmtree(path, ignore_errors=True)


class Installed(Engine):
    """`execution-engine serve` as the unit starts it, inside that root."""

    def __init__(self, root, data):
        super().__init__(data, "--config", "/etc/execution-engine/engine.toml")
        self.program = inside(root, "/usr/bin/execution-engine")
        self.data = "/var/lib/execution-engine"


def test_it_installs_serves_and_goes(debian, package, scratch):
    shutil.copy(package, debian / "tmp/engine.deb")
    run_inside(debian, "dpkg", "-i", "/tmp/engine.deb")
    assert "execution-engine" in run_inside(debian, "getent", "passwd", "execution-engine")
    assert run_inside(debian, "execution-engine", "version").startswith("execution-engine")
    with Installed(debian, scratch / "installed") as engine:
        answer = engine.run({"language": "bash", "source": "echo from the package"})
        assert answer["verdict"] == "accepted"
        assert engine.fetch(answer["executedUrl"]).body == b"from the package\n"
    run_inside(debian, "dpkg", "--purge", "execution-engine")
    left = [path for path in ("usr/bin/execution-engine", "etc/execution-engine/engine.toml",
                              "var/lib/execution-engine") if (debian / path).exists()]
    assert left == []
