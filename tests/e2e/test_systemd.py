"""The systemd units of the package: they pass systemd's own checks, and a real systemd runs a service from them."""
import json
import re
import shlex
import shutil

import pytest
import yaml
from engine import ROOT
from services import Postgres, Redis, in_machine
from test_package import root, run_inside  # noqa: F401

UNITS = ["execution-engine.service", "execution-engine-worker.service"]
MACHINE = ROOT / "tests/e2e/systemd_machine.sh"
MOST_EXPOSED = 5.5  # What making namespaces and mounts costs in the reckoning of systemd-analyze.

# Through Bash's own way to the network: the root has no client.
ASK = """
ask() { # ask PORT METHOD-AND-PATH BODY
  exec 3<>/dev/tcp/127.0.0.1/$1
  printf '%s\\r\\n' "$2 HTTP/1.1" "Host: 127.0.0.1:$1" 'Connection: close' 'Content-Type: application/json' \\
    "Content-Length: ${#3}" '' >&3
  printf '%s' "$3" >&3
  cat <&3
}
until_ready() { # until_ready PORT UNIT
  until ask "$1" 'GET /readyz' '' 2>/dev/null | grep -q '"ready"'; do
    if systemctl is-failed --quiet "$2"; then systemctl status "$2" >&2; exit 1; fi
    sleep 0.5
  done
}
run() { ask "$1" 'POST /api/v1/submissions?wait=true' "{\\"language\\":\\"bash\\",\\"source\\":\\"$2\\"}" | tail -n 1; echo; }
judge() { # judge UNIT: its privileges and its cgroup, then its end and what it complained of
  main=$(systemctl show --value --property MainPID "$1")
  grep -E '^(Uid|CapPrm|CapBnd|NoNewPrivs):' "/proc/$main/status" | tr '\\t\\n' '  '
  echo
  ls "/sys/fs/cgroup/system.slice/$1.service"
  systemctl stop "$1"
  systemctl show --value --property Result --property ExecMainStatus "$1"
  [ ! -e "/sys/fs/cgroup/system.slice/$1.service" ] && echo gone
  journalctl --unit "$1" --priority err --no-pager --quiet
}
"""

SERVE = ASK + """
systemctl start execution-engine
until_ready 8080 execution-engine
run 8080 'echo from the unit'
judge execution-engine
"""

# The unit's configuration gives it an address of its own, for health and metrics.
WORK = ASK + """
echo 'EXECUTION_ENGINE_STORE=postgres://engine@127.0.0.1:{postgres}/postgres' >/etc/default/execution-engine
echo 'EXECUTION_ENGINE_QUEUE=redis://127.0.0.1:{redis}/0' >>/etc/default/execution-engine
for port in {postgres} {redis}; do
  until (exec 3<>/dev/tcp/127.0.0.1/$port) 2>/dev/null; do sleep 0.2; done
done
systemctl start execution-engine-worker
until_ready 8080 execution-engine-worker
set -a && . /etc/default/execution-engine
execution-engine serve --slots 0 --listen 127.0.0.1:8081 --data /var/lib/execution-engine-api >/dev/null &
until_ready 8081 execution-engine-worker
run 8081 'echo from the worker'
judge execution-engine-worker
kill $!
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


def check_unit(done, said):
    assert done.returncode == 0, done.stdout + done.stderr
    answer, privileges, *rest = done.stdout.splitlines()
    assert json.loads(answer)["runs"][0]["stdout"] == said
    assert "CapPrm: 0000000000000000 CapBnd: 0000000000000000 NoNewPrivs: 1" in privileges
    assert "Uid: 0 " not in privileges
    assert "engine.processes" in rest and rest[-3:] == ["success", "0", "gone"], done.stdout


@pytest.mark.vm
def test_a_service_of_systemd_serves(installed, accelerator):
    done = in_machine(accelerator, MACHINE, installed, SERVE, patience=240)
    check_unit(done, "from the unit\n")


@pytest.mark.vm
def test_a_worker_of_systemd_works(installed, accelerator, scratch):
    """Beside an API, a PostgreSQL and a Redis of the machine, which share its network with the container."""
    postgres, redis = Postgres(scratch / "systemd-postgres"), Redis(scratch / "systemd-redis")
    servers = f"{shlex.join(postgres.command())} -c fsync=off & {shlex.join(redis.command())} & wait"
    work = WORK.replace("{postgres}", str(postgres.port)).replace("{redis}", str(redis.port))
    done = in_machine(accelerator, MACHINE, installed, work, servers, patience=400)
    check_unit(done, "from the worker\n")
