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
from figures import FIGURES, Programs
from lockstep import Wrong
from server import scratch

ROOT = pathlib.Path(__file__).resolve().parents[1]
COLUMNS = "{:<48}{:>8}{:>11}{:>11}{:>11}{:>9}  {:<22}{}"


def quantity(value, unit):
    """A figure with three significant digits and the unit that suits it."""
    if value is None:
        return ""
    if unit != "ns":
        return f"{value:,}" + {"1/s": "/s", "B": " B"}[unit]
    for name, size in (("s", 1e9), ("ms", 1e6), ("us", 1e3)):
        if abs(value) >= size:
            scaled = value / size
            return f"{scaled:.{max(0, 2 - len(str(int(abs(scaled)))) + 1)}f} {name}"
    return f"{value} ns"


def print_figure(figure):
    print(f"\n{figure['title']}  [{figure['name']}]")
    print(COLUMNS.format("", "n", "p10", "p50", "p99", "ratio", "target", "holds"))
    for row in figure["rows"]:
        if "missing" in row:
            print(f"{row['name']:<48}not available: {row['missing']}")
            continue
        holds = {True: "yes", False: "NO", None: ""}[row.get("holds")]
        cells = [quantity(row.get(key), row["unit"]) for key in ("p10", "p50", "p99")]
        ratio = f"{row['ratio']:.2f}" if "ratio" in row else ""
        print(COLUMNS.format(row["name"], f"{row['n']:,}", *cells, ratio, row.get("target", ""), holds).rstrip())
    noise = figure["noise"]
    pressure = ", ".join(f"{name} {noise[key]:.1%}" for name, key in
                         (("cpu pressure before", "cpuPressureBefore"), ("during", "cpuPressureDuring"),
                          ("other work", "foreignCpu"), ("stolen", "stolen")) if noise[key] is not None)
    print(f"  {noise['seconds']} s, load {noise['loadBefore']:.2f} to {noise['loadAfter']:.2f}, {pressure}")
    if noise["reasons"]:
        print(f"  noisy: {', '.join(noise['reasons'])}; the machine was not idle, do not trust these rows")
    sys.stdout.flush()


def measure(name, programs, short):
    function, title, alone = FIGURES[name]
    print(f"== {name}", file=sys.stderr)
    with machine.Watch(alone) as watch:
        rows = function(programs, short)
    return {"name": name, "title": title, "rows": rows, "noise": watch.noise}


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
    done, failed = [], []
    for name in arguments.only or FIGURES:
        try:
            done.append(measure(name, Programs(arguments.build.resolve()), arguments.short))
        except (Wrong, OSError, AssertionError) as fault:
            traceback.print_exc()
            failed.append(name)
            print(f"\n{name}: not measured: {fault}")
            continue
        print_figure(done[-1])
    now = datetime.datetime.now(datetime.timezone.utc)
    path = ROOT / "bench/results" / f"{now:%Y%m%dT%H%M%SZ}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"at": now.isoformat(), "short": arguments.short, "machine": facts,
                                "figures": done, "failed": failed}, indent=1) + "\n")
    misses = [row["name"] for figure in done for row in figure["rows"] if row.get("holds") is False]
    noisy = [figure["name"] for figure in done if figure["noise"]["reasons"]]
    print(f"\nwritten to {path.relative_to(ROOT)}")
    print(f"missed: {len(misses)}{''.join(f'; {name}' for name in misses)}")
    if noisy:
        print(f"noisy: {', '.join(noisy)}")
    return 1 if failed else 0


sys.exit(main())
