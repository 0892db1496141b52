"""Fixtures: servers that the tests of a session share, and those of a test's own."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from engine import PROGRAM, ROOT, Engine  # noqa: E402
from services import Dockerd, EngineOnDocker, in_machine  # noqa: E402
from witness import SLOTS, Witness  # noqa: E402


def pytest_configure(config):
    if os.geteuid() != 0:
        pytest.exit("the box manager needs root: run script/test as root or through sudo", returncode=1)
    if not PROGRAM.exists():
        pytest.exit(f"{PROGRAM} is missing; run script/build", returncode=1)


@pytest.fixture(scope="session")
def scratch():
    """A directory that every user may search, so that the engine can after it gave up root."""
    path = tempfile.mkdtemp(prefix="execution-engine-test.")
    os.chmod(path, 0o755)
    yield pathlib.Path(path)
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def accelerator():
    """Of virtual machines: kvm where it really works; below some hypervisors it is there and hangs."""
    if not shutil.which("qemu-system-x86_64"):
        pytest.skip("qemu is not installed")
    usable = os.access("/dev/kvm", os.R_OK | os.W_OK) and in_machine("kvm", "true", patience=30).returncode == 0
    return "kvm" if usable else "tcg"


@pytest.fixture(scope="session")
def package():
    """The Debian package of the program that is tested."""
    done = subprocess.run([ROOT / "script/package"], capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return ROOT / done.stdout.strip().splitlines()[-1]


@pytest.fixture(scope="session")
def server(scratch):
    """One server with the default settings."""
    with Engine(scratch / "shared") as engine:
        yield engine


@pytest.fixture(scope="session")
def dockerd(scratch):
    with Dockerd(scratch / "dockerd") as running:
        running.import_languages()
        yield running

@pytest.fixture(scope="session")
def docker_server(dockerd, scratch):
    """One server whose boxes are containers."""
    with EngineOnDocker(scratch / "on-docker", dockerd, "--slots", "2") as engine:
        yield engine


@pytest.fixture(scope="session", params=["native", "docker"])
def hostile(scratch, request):
    """A witness of attacks on an engine, whose boxes are of either kind."""
    # Compilers are attacked too, and need not get the usual time to die. What was compiled is not kept: of
    # what is there after an attack, all counts as left behind by it.
    environment = {"EXECUTION_ENGINE_COMPILE_LIMITS_CPU_TIME": "5s", "EXECUTION_ENGINE_CACHE_BYTES": "0"}
    if request.param == "native":
        instance = f"hostile-{os.getpid()}"
        engine = Engine(scratch / "hostile", "--slots", str(SLOTS),
                        environment={**environment, "EXECUTION_ENGINE_SANDBOX_INSTANCE": instance})
        engine.instance = instance
    else:
        engine = EngineOnDocker(scratch / "hostile-on-docker", request.getfixturevalue("dockerd"),
                                "--slots", str(SLOTS), environment=environment)
    with engine:
        yield Witness(engine)


@pytest.fixture
def own_server(scratch, request):
    """Makes servers of the test's own: own_server("--slots", "1", config="...")."""
    started = []

    def make(*flags, **options):
        name = f"{request.node.name[:40].replace('/', '_').replace('[', '_')}-{len(started)}"
        engine = Engine(scratch / name, *flags, **options).start()
        started.append(engine)
        return engine

    yield make
    for engine in started:
        engine.kill()
