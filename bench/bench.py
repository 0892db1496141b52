"""Measures the promised figures on this machine; run by script/bench.

Prints one table and writes the same, with the noise of the machine, as JSON to bench/results/.
Exits 0 when every figure was measured, whether it holds or not; 1 when one could not be.
"""
import argparse
import datetime
import json
import pathlib
import signal
import sys
import traceback

import machine
from chart import draw
from figures import FIGURES, Programs
from lockstep import Wrong
from server import scratch
from table import print_figure

ROOT = pathlib.Path(__file__).resolve().parents[1]


def measure(name, programs, short):
    part = FIGURES[name]
    print(f"== {name}", file=sys.stderr)
    with machine.Watch(part.ALONE) as watch:
        rows = part.measure(programs, short)
    return {"name": name, "title": part.TITLE, "rows": rows, "noise": watch.noise}


def measure_all(arguments):
    """Prints each part as soon as it is done; returns them, and the names of those that could not be measured."""
    programs = Programs(arguments.build.resolve())
    done, failed = [], []
    for name in arguments.only or FIGURES:
        try:
            done.append(measure(name, programs, arguments.short))
        except (Wrong, OSError, AssertionError) as fault:
            traceback.print_exc()
            failed.append(name)
            print(f"\n{name}: not measured: {fault}")
            continue
        print_figure(done[-1])
    return done, failed


def parse_arguments():
    parser = argparse.ArgumentParser(prog="script/bench", description="Measures the promised figures.")
    parser.add_argument("--only", choices=FIGURES, action="append", help="this figure; may be repeated")
    parser.add_argument("--short", action="store_true", help="fewer runs, under five minutes")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release", help="what to measure")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    # Whoever ends us early: servers and daemons are stopped all the same.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    with scratch() as directory:
        facts = machine.facts(directory)
    print(", ".join(f"{key} {value}" for key, value in facts.items()))
    with machine.boxes_cgroup():
        done, failed = measure_all(arguments)
    now = datetime.datetime.now(datetime.timezone.utc)
    path = ROOT / "bench/results" / f"{now:%Y%m%dT%H%M%SZ}.json"
    path.parent.mkdir(exist_ok=True)
    for figure in done:
        (path.parent / f"{figure['name']}.svg").write_text(draw(figure))
    path.write_text(json.dumps({"at": now.isoformat(), "short": arguments.short, "machine": facts,
                                "figures": done, "failed": failed}, indent=1) + "\n")
    misses = [row["name"] for figure in done for row in figure["rows"] if row.get("holds") is False]
    noisy = [figure["name"] for figure in done if figure["noise"]["reasons"]]
    print(f"\nwritten to {path.relative_to(ROOT)}, charts beside it")
    print(f"missed: {len(misses)}{''.join(f'; {name}' for name in misses)}")
    if noisy:
        print(f"noisy: {', '.join(noisy)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
