"""Adding jobs and working them off, by our queue and by Node's BullMQ, in turns on one Redis."""
import contextlib
import json
import os
import pathlib
import shutil
import statistics
import subprocess

from lockstep import Wrong, wait_until
from server import scratch

TITLE = "Jobs that do nothing, beside Node's BullMQ on the same Redis"
ALONE = False

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGES, SCRIPT = ROOT / "build/npm/node_modules", ROOT / "bench/bullmq.cjs"


@contextlib.contextmanager
def redis_server():
    """The path of its socket."""
    with scratch() as directory:
        path = f"{directory}/redis.sock"
        process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", path, "--dir", str(directory), "--save", "",
             "--appendonly", "no", "--maxmemory-policy", "noeviction"], stdout=subprocess.DEVNULL)
        try:
            wait_until(lambda: os.path.exists(path), 10, "redis-server")
            yield path
        finally:
            process.kill()
            process.wait()


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False,
                          env={"NODE_PATH": str(PACKAGES)})
    if done.returncode:
        raise Wrong(f"{command[0]}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def measure(programs, short):
    """Rates and the client's processor time, as ratios to Node's of the same rounds."""
    node = shutil.which("node")
    if not node or not (PACKAGES / "bullmq").exists() or not shutil.which("redis-server"):
        return [{"name": "BullMQ", "missing": "script/bootstrap --test brings Redis and the packages"}]
    lines = []
    with redis_server() as path:
        for at_once, jobs, rate_target in ((1, 2_000, 2.0), (50, 6_000, 1.3)):
            ours, theirs = [], []
            for number in range(2 if short else 7):
                name = f"bench-{at_once}-{number}"
                turns = [lambda: ours.append(run(programs.bench / "bullmq", f"unix:{path}?queue={name}-ours", jobs, at_once)),
                         lambda: theirs.append(run(node, SCRIPT, path, f"{name}-node", jobs, at_once))]
                for turn in turns if number % 2 else reversed(turns):
                    turn()
            lines += compare(at_once, jobs, ours, theirs, rate_target)
    return lines


def compare(at_once, jobs, ours, theirs, rate_target):
    def median(results, index):
        return statistics.median(result["add"][index] + result["work"][index] for result in results)

    def line(name, unit, value, ratio=None, target=None, holds=None):
        row = {"name": f"{name}, {at_once} at once", "unit": unit, "n": jobs * len(ours), "p50": round(value)}
        if ratio is not None:
            row.update(ratio=round(ratio, 3), target=target, holds=holds)
        return row

    rate, their_rate = (jobs / median(results, 0) for results in (ours, theirs))
    used, their_used = (median(results, 1) / jobs * 1e9 for results in (ours, theirs))
    faster, cheaper = rate / their_rate, used / their_used
    return [line("jobs added and worked off, Node's BullMQ", "1/s", their_rate),
            line("jobs added and worked off", "1/s", rate, faster, f">= {rate_target} of Node's", faster >= rate_target),
            line("processor time of Node for each", "ns", their_used),
            line("processor time of the client for each", "ns", used, cheaper, "< 0.2 of Node's", cheaper < 0.2)]
