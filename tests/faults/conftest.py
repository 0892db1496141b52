"""The servers and helpers of the end-to-end tests, for several processes and hosts."""
import os
import pathlib
import shutil
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))


@pytest.fixture
def scratch():
    path = tempfile.mkdtemp(prefix="execution-engine-faults.")
    os.chmod(path, 0o755)
    yield pathlib.Path(path)
    shutil.rmtree(path, ignore_errors=True)
