"""C++ compiles of new sources: by the machine's own g++, and through HTTP in each compile mode."""
import contextlib
import math
import os
import pathlib
import re
import statistics
import subprocess
import time
import tomllib

from lockstep import Row, Wrong, Worker, summary, take_turns
from rows import timed
from server import scratch, server

TITLE = "C++ compiles of new sources, headers compiled ahead or not"
ALONE = False

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORPUS = ROOT / "tests/corpus/cpp"
GXX = "/usr/bin/g++"
MODES = ("plain", "exact", "fast")
ROUNDS = 2  # Of the whole corpus.
SOURCES = 3  # That begin alike, before their headers are compiled ahead.
HELLO_AT_LEAST = {"exact": 5, "fast": 12}
CORPUS_AT_LEAST = {"exact": 1.9, "fast": 2.3}

# An @ becomes a number that is new in every submission.
HELLO = """#include <bits/stdc++.h>
int main() { std::string text_@ = "hello"; std::cout << text_@ << std::endl; }
"""


def figure(engine, name):
    return float(re.search(rf"^execution_engine_headers_{name} (\S+)$", engine.get("/metrics").body.decode(), re.M)[1])


def until_used(engines):
    """Has the headers of bits/stdc++.h compiled ahead, by all of them at once."""
    deadline = time.monotonic() + 300
    for number in range(10**6):
        source = HELLO.replace("@", f"warm_{number}")
        engines = [engine for engine in engines if figure(engine, "uses_total") == 0]
        for engine in engines:
            engine.run({"language": "cpp", "source": source, "cache": False})
        if not engines:
            return
        if time.monotonic() > deadline:
            break
    raise Wrong("no compile used headers that were compiled ahead")


def first_lines(text):
    """Those that include headers, before there is anything else."""
    lines = []
    for line in text.splitlines():
        if re.fullmatch(r"#include <[\w./+-]+>", line):
            lines.append(line)
        elif line and not line.startswith("//"):
            break
    return tuple(lines)


def have_headers_made(engines, programs):
    """Has what the programs begin with compiled ahead, by small sources that begin so too."""
    beginnings = {first_lines(text) for _, text in programs} - {()}
    wanted = [lines for lines in sorted(beginnings) if "bits/stdc++.h" not in lines[0]]
    made = {engine: figure(engine, "made_total") + len(wanted) for engine in engines}
    for lines in wanted:
        source = "\n".join([*lines, "int main() {}"])
        for engine in [*engines] * SOURCES:
            engine.run({"language": "cpp", "source": source, "cache": False})
    for engine, last in made.items():
        deadline = time.monotonic() + 60 + 20 * len(wanted)
        while figure(engine, "made_total") < last and time.monotonic() < deadline:
            time.sleep(0.2)


def sped_up(row, stock, at_least):
    """A line of the table, held to so many times the speed of the machine's own compiler."""
    line = timed(row, stock)
    if at_least:
        bound = summary(stock.times)["p50"] / at_least
        line |= {"target": f"{at_least} x as fast", "bound": round(bound), "holds": line["p50"] <= bound}
    return line


def measure_hello(programs, engines, directory, rounds):
    source = directory / "main.cpp"
    source.write_text(HELLO)
    place = directory / "stock"
    place.mkdir()
    (place / "main.cpp").write_text(HELLO.replace("@", "1"))
    command = f"export PATH=/usr/bin:/bin; cd {place} && {GXX} -std=gnu++20 -O2 -o main main.cpp && ./main"
    with contextlib.ExitStack() as stack:
        workers = [stack.enter_context(Worker(programs.bench / "spawn", "/bin/sh", "-c", command))]
        workers += [stack.enter_context(Worker(programs.bench / "client", engine.port, "cpp", source, "hello\n"))
                    for engine in engines.values()]
        names = ["g++ -O2 and the program, bits/stdc++.h", *(f"  through HTTP, new source each, {mode}" for mode in engines)]
        rows = [Row(*pair) for pair in zip(names, workers)]
        take_turns(rows, rounds, warm_up=1)
    stock = rows[0]
    return [timed(stock), *(sped_up(row, stock, HELLO_AT_LEAST.get(mode)) for mode, row in zip(engines, rows[1:]))]


def lone_programs():
    """Those of the corpus that are one file, without options, and compile."""
    said = tomllib.loads((CORPUS / "manifest.toml").read_text())
    for path in sorted(CORPUS.glob("*.cpp")):
        facts = said.get(path.stem, {})
        if not facts.get("options") and facts.get("verdict") != "compile_error":
            yield path.stem, path.read_text()


class Times:
    """What compiles of one program took, by whether they used headers that were compiled ahead."""

    def __init__(self):
        self.stock, self.used, self.missed, self.memory = [], [], [], []


def compile_stock(directory, text):
    (directory / "main.cpp").write_text(text)
    start = time.monotonic_ns()
    done = subprocess.run([GXX, "-std=gnu++20", "-O2", "-DONLINE_JUDGE", "-o", "main", "main.cpp"], cwd=directory,
                          env={"PATH": "/usr/bin:/bin"}, capture_output=True, check=False)
    if done.returncode != 0:
        raise Wrong(f"g++ refused a program of the corpus: {done.stderr[:200]}")
    return time.monotonic_ns() - start


def compile_here(engine, text, times):
    before = figure(engine, "uses_total")
    answer = engine.run({"language": "cpp", "source": text, "cache": False})
    if answer["compile"]["verdict"] != "accepted":
        raise Wrong(f"a program of the corpus came back as {answer['compile']}")
    used = figure(engine, "uses_total") > before
    (times.used if used else times.missed).append(answer["phases"]["compilingMs"] * 1e6)
    if used:
        times.memory.append(answer["compile"]["usage"]["memoryBytes"])


def geometric_mean(ratios):
    return math.exp(statistics.fmean(math.log(ratio) for ratio in ratios))


def speed_up_line(name, ratios, at_least=None):
    line = {"name": name, "unit": "x", "n": len(ratios), "p10": summary(ratios)["p10"],
            "p50": round(geometric_mean(ratios), 2), "p99": summary(ratios)["p99"]}
    if at_least:
        line |= {"target": f"mean >= {at_least} x", "bound": at_least, "holds": line["p50"] >= at_least}
    return line


def measure_corpus(engines, directory, short):
    """Each program several times, in turns with g++, when the headers that sources begin with are there."""
    chosen = list(lone_programs())[:: 24 if short else 1]
    have_headers_made([engines[mode] for mode in CORPUS_AT_LEAST], chosen)
    times = {mode: {name: Times() for name, _ in chosen} for mode in engines if mode != "plain"}
    stock = {name: [] for name, _ in chosen}
    for number in range(1 if short else ROUNDS):
        for name, text in chosen:
            new = f"{text}\n// {number} {os.getpid()}\n"
            stock[name].append(compile_stock(directory, new))
            for mode, of_mode in times.items():
                compile_here(engines[mode], new, of_mode[name])
    lines = []
    for mode, of_mode in times.items():
        kinds = {kind: [statistics.median(stock[name]) / statistics.median(found) for name, one in of_mode.items()
                        if (found := getattr(one, kind))] for kind in ("used", "missed")}
        best = [statistics.median(stock[name]) / statistics.median(one.used or one.missed) for name, one in of_mode.items()]
        lines.append(speed_up_line(f"corpus, {mode}: times as fast as g++, mean", best, CORPUS_AT_LEAST[mode]))
        lines += [speed_up_line(f"  {words}", kinds[kind])
                  for kind, words in (("used", "with headers compiled ahead"), ("missed", "without"))
                  if kinds[kind]]
        memory = [byte for one in of_mode.values() for byte in one.memory]
        lines.append({"name": "  memory of those with headers", "unit": "B", **summary(memory)})
    return lines


def measure(programs, short):
    with scratch() as directory, contextlib.ExitStack() as stack:
        engines = {mode: stack.enter_context(server(programs.engine, "--cache", "0", environment={
            "EXECUTION_ENGINE_COMPILE_MODE": mode})) for mode in MODES}
        until_used([engines[mode] for mode in MODES[1:]])
        return [*measure_hello(programs, engines, directory, 3 if short else 20),
                *measure_corpus(engines, directory, short)]
