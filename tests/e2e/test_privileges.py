"""The capabilities that deploy/ gives to workers are all needed: without one of them none starts."""
import os
import subprocess

import pytest
import yaml
from engine import ENVIRONMENT, PROGRAM, ROOT, free_port

GIVEN = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())["services"]["worker"]["cap_add"]


@pytest.mark.parametrize("missing", GIVEN)
def test_without_it_the_engine_says_so_and_ends(missing, scratch):
    data = scratch / f"without-{missing}"
    data.mkdir()
    os.chown(data, 65534, 65534)  # As a volume's directory may be somebody else's.
    rest = ",".join(f"+{name.lower()}" for name in GIVEN if name != missing)
    done = subprocess.run(["setpriv", f"--bounding-set=-all,{rest}", PROGRAM, "serve", "--slots", "1",
                           "--listen", f"127.0.0.1:{free_port()}", "--data", data],
                          capture_output=True, text=True, timeout=60, env=ENVIRONMENT, check=False)
    assert done.returncode == 125, done.stderr
    assert f"CAP_{missing}" in done.stderr or (missing == "FOWNER" and "chmod" in done.stderr), done.stderr
