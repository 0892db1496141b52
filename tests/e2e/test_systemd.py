"""The systemd units of the package: they pass systemd's own checks, and a real systemd runs a service from them."""
import json
import re
import shutil

import pytest
import yaml
from engine import ROOT
from services import in_machine
from test_package import root, run_inside  # noqa: F401

UNITS = ["execution-engine.service", "execution-engine-worker.service"]
MOST_EXPOSED = 5.5  # What making namespaces and mounts costs in the reckoning of systemd-analyze.

# Through Bash's own way to the network: the root has no client.
SERVE = """
systemctl start execution-engine
ask() {
  exec 3<>/dev/tcp/127.0.0.1/8080
  printf '%s\\r\\n' "$1 HTTP/1.1" 'Host: 127.0.0.1:8080' 'Connection: close' 'Content-Type: application/json' \\
    "Content-Length: ${#2}" '' >&3
  printf '%s' "$2" >&3
  cat <&3
}
until ask 'GET /readyz' '' 2>/dev/null | grep -q '"ready"'; do
  systemctl is-active --quiet execution-engine
  sleep 0.5
done
ask 'POST /api/v1/submissions?wait=true' '{"language":"bash","source":"echo from the unit"}' | tail -n 1
echo
main=$(systemctl show --value --property MainPID execution-engine)
grep -E '^(Uid|CapPrm|CapBnd|NoNewPrivs):' "/proc/$main/status" | tr '\\t\\n' '  '
echo
ls /sys/fs/cgroup/system.slice/execution-engine.service
systemctl stop execution-engine
systemctl show --value --property Result --property ExecMainStatus execution-engine
[ ! -e /sys/fs/cgroup/system.slice/execution-engine.service ] && echo gone
journalctl --unit execution-engine --priority err --no-pager --quiet
"""


@pytest.fixture(scope="module")
def installed(root, package):  # noqa: F811
    shutil.copy(package, root / "tmp/engine.deb")
    run_inside(root, "dpkg", "-i", "/tmp/engine.deb")
    return root


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_finds_no_fault(installed, unit):
    assert run_inside(installed, "systemd-analyze", "verify", "--recursive-errors=no", unit) == ""
    judged = run_inside(installed, "systemd-analyze", "security", "--offline=true", "--no-pager", unit)
    assert float(re.search(r"Overall exposure level for .*: ([\d.]+)", judged).group(1)) <= MOST_EXPOSED, judged


@pytest.mark.parametrize("unit", UNITS)
def test_the_capabilities_are_those_of_compose(unit):
    named = re.search(r"^CapabilityBoundingSet=(.*)$", (ROOT / "deploy/systemd" / unit).read_text(), re.M).group(1)
    worker = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())["services"]["worker"]
    assert sorted(named.split()) == sorted(f"CAP_{name}" for name in worker["cap_add"])


@pytest.mark.vm
def test_a_service_of_systemd_serves(installed, accelerator):
    done = in_machine(accelerator, ROOT / "tests/e2e/systemd_machine.sh", installed, SERVE, patience=240)
    assert done.returncode == 0, done.stdout + done.stderr
    answer, privileges, *rest = done.stdout.splitlines()
    assert json.loads(answer)["runs"][0]["stdout"] == "from the unit\n"
    assert "CapPrm: 0000000000000000 CapBnd: 0000000000000000 NoNewPrivs: 1" in privileges
    assert "Uid: 0 " not in privileges
    assert "engine.processes" in rest and rest[-3:] == ["success", "0", "gone"], done.stdout
