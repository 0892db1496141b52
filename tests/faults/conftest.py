"""The servers and helpers of the end-to-end tests, for several processes and hosts."""
import os
import pathlib
import shutil
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

EVIDENCE = pathlib.Path(__file__).resolve().parents[2] / "build/results/faults"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    item.failed = getattr(item, "failed", False) or report.failed


@pytest.fixture
def directory(request):
    """Of the test's own. The end-to-end tests' "scratch" would hide one of that name."""
    path = tempfile.mkdtemp(prefix="execution-engine-faults.")
    os.chmod(path, 0o755)
    yield pathlib.Path(path)
    if request.node.failed:  # What the parts said is all that tells why.
        shutil.rmtree(EVIDENCE, ignore_errors=True)
        EVIDENCE.mkdir(parents=True)
        for log in pathlib.Path(path).rglob("*.log"):
            shutil.copy(log, EVIDENCE)
        print(f"the logs are in {EVIDENCE}")
    shutil.rmtree(path, ignore_errors=True)
