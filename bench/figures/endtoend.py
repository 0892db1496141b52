"""How many submissions a second come back judged: closed loop through HTTP, on all that the machine has."""
import json
import os

from loader import measure_load
from lockstep import Wrong
from rows import latency, rate
from server import scratch, server

TITLE = "Submissions judged through HTTP, closed loop, twice as many clients as processors"
ALONE = False

# An @ becomes a number that is new in every submission.
HELLO_C = '#include <cstdio>\nint main() { std::puts("hello"); }\n'
NEW_C = '#include <cstdio>\nint main() { const char* text_@ = "hello"; std::puts(text_@); }\n'
NEW_BITS = ('#include <bits/stdc++.h>\nusing namespace std;\n'
            'int main() { string text_@ = "hello"; cout << text_@ << endl; }\n')

# Name, reuse policy, language, source, what it is held to (a second).
LOADS = (
    ("C++ hello, the same source", "pool", "cpp", HELLO_C, 800),
    ("C++ hello, the same source", "submission", "cpp", HELLO_C, 350),
    ("Python hello", "submission", "python", 'print("hello")\n', 300),
    ("C++ hello, cstdio, new each", "submission", "cpp", NEW_C, 10),
    ("C++ hello, bits/stdc++.h, new each", "submission", "cpp", NEW_BITS, 10),
)


def judged(programs, directory, seconds, policy, language, source):
    """One load on a server of its own; the first seconds of it do not count."""
    body = directory / "body"
    body.write_text(json.dumps({"language": language, "source": source}))
    with server(programs.engine, "--reuse", policy) as engine:
        clients = 2 * os.cpu_count()
        for duration in (2, seconds):
            result = measure_load(programs.bench / "load", engine.port, clients, duration, "run", body, "hello\n")
    if result["n"] < clients:
        raise Wrong(f"only {result['n']} submissions came back in {seconds} s")
    return result


def measure(programs, short):
    lines = []
    with scratch() as directory:
        for name, policy, language, source, at_least in LOADS:
            result = judged(programs, directory, 4 if short else 60, policy, language, source)
            count = result["n"]
            lines += [rate(f"{name}, {policy}", count, count / result["seconds"], at_least),
                      latency("  until the verdict", result),
                      {"name": "  load generator's time for each", "unit": "ns", "n": count,
                       "p50": round(result["processorSeconds"] / count * 1e9)}]
    return lines
