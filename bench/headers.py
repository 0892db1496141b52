"""Headers that an engine compiles ahead, which it begins when a source first includes them."""
import re
import time

from lockstep import Wrong

# An @ becomes a number that is new in every submission.
HELLO = """#include <bits/stdc++.h>
int main() { std::string text_@ = "hello"; std::cout << text_@ << std::endl; }
"""


def figure(engine, name):
    """A metric of the engine's headers."""
    return float(re.search(rf"^execution_engine_headers_{name} (\S+)$", engine.get("/metrics").body.decode(), re.M)[1])


def until_used(engine):
    """Has the headers of bits/stdc++.h compiled ahead."""
    deadline = time.monotonic() + 300
    for number in range(10**6):
        engine.run({"language": "cpp", "source": HELLO.replace("@", f"warm_{number}"), "cache": False})
        if figure(engine, "uses_total") > 0:
            return
        if time.monotonic() > deadline:
            break
    raise Wrong("no compile used headers that were compiled ahead")
