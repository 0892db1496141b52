"""Fixtures: servers that the tests of a session share, and those of a test's own."""
import os
import pathlib
import shutil
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from engine import PROGRAM, Engine  # noqa: E402
from services import Dockerd, EngineOnDocker  # noqa: E402


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
def server(scratch):
    """One server with the default settings."""
    with Engine(scratch / "shared") as engine:
        yield engine


@pytest.fixture(scope="session")
def dockerd(scratch):
    with Dockerd(scratch / "dockerd") as running:
        yield running


@pytest.fixture(scope="session")
def docker_server(dockerd, scratch):
    """One server whose boxes are containers."""
    with EngineOnDocker(scratch / "on-docker", dockerd, "--slots", "2") as engine:
        yield engine


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
