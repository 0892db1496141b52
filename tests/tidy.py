"""Checks what a compiler cannot: the module edges, lengths, and what GCC 12 miscompiles."""
import functools
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(sys.argv[1])
FILE_MAX, LINE_MAX = 500, 100
TALKERS = ("app", "main.cc")  # A command line prints; everything else logs.

graph = {}
for line in (ROOT / "src/CMakeLists.txt").read_text().splitlines():
    if m := re.match(r"engine_module\((\w+)(?:\s+DEPS ([\w ]+?))?\s*(?:LIBS.*)?\)", line):
        graph[m[1]] = (m[2] or "").split()
MODULES = list(graph)
graph["main.cc"] = ["app"]


def reach(module):
    return {module}.union(*(reach(dep) for dep in graph[module]))


def check(path):
    module, name = path.relative_to(ROOT / "src").parts[0], path.relative_to(ROOT)
    text = path.read_text()
    # GCC 12 destroys these twice: a brace-built aggregate, or a capturing lambda, made in the call.
    for m in re.finditer(r"co_await [^;]*?(\w\{|[(,]\s*\{|[(,]\s*\[[^\]&])", text):
        line = text.count("\n", 0, m.end()) + 1
        yield f"{name}:{line}: name this before the co_await: {m[1]!r}"
    # Likewise a co_await in a condition.
    for m in re.finditer(r"\b(?:if|while) \([^;{]*?\bco_await\b[^;{]*?\)", text):
        if "co_await" in m[0].split(")")[0]:
            line = text.count("\n", 0, m.start()) + 1
            yield f"{name}:{line}: name the result before the condition"
    lines = text.splitlines()
    if len(lines) > FILE_MAX:
        yield f"{name}: {len(lines)} lines, {FILE_MAX} at most"
    for number, line in enumerate(lines, 1):
        if len(line) > LINE_MAX:
            yield f"{name}:{number}: {len(line)} columns"
        m = re.match(r'#include "(\w+)/', line)
        if m and m[1] not in reach(module):
            yield f"{name}:{number}: '{module}' may not include '{m[1]}'"
        if re.search(r"std::(cout|cerr) <<|\bprintf\(", line) and module not in TALKERS:
            yield f"{name}:{number}: a leftover debug print; log through base/log.h"


# Which header gives what, for the names that are used most.
HEADERS = {
    "algorithm": r"std::(ranges::)?(find_if|sort|stable_sort|any_of|all_of|none_of|count_if|clamp|min|max|copy_if)\b",
    "array": r"std::array<", "atomic": r"std::atomic\b", "charconv": r"std::(from|to)_chars\b", "chrono": r"std::chrono::",
    "condition_variable": r"std::condition_variable\b", "cstring": r"std::(strerror|memcpy|strlen|memcmp)\b",
    "deque": r"std::deque<", "filesystem": r"std::filesystem::", "fstream": r"std::[io]?fstream\b",
    "functional": r"std::function<", "future": r"std::(async|promise|future)\b", "list": r"std::list<", "map": r"std::map<",
    "memory": r"std::(unique_ptr|shared_ptr|make_unique|make_shared|weak_ptr)\b", "mutex": r"std::(mutex|lock_guard|unique_lock)\b",
    "optional": r"std::(optional|nullopt)\b", "set": r"std::set<", "span": r"std::span\b", "sstream": r"std::[io]?stringstream\b",
    "string": r"std::(string|to_string)\b", "string_view": r"std::string_view\b", "thread": r"std::(jthread|thread|this_thread)\b",
    "tuple": r"std::(tuple|tie|ignore)\b", "unordered_map": r"std::unordered_map<", "utility": r"std::(move|exchange|pair)\b",
    "variant": r"std::(variant|holds_alternative|visit)\b", "vector": r"std::vector<"}


@functools.cache
def given_by(path):
    """Every header that this file reads by itself or by our own headers."""
    lines = re.findall(r'^#include (["<])(.+?)[">]', path.read_text(), re.MULTILINE)
    ours = (ROOT / "src" / name for quote, name in lines if quote == '"')
    return {name for quote, name in lines if quote == "<"}.union(*(given_by(one) for one in ours if one.exists()))


def check_includes(path):
    """Units are compiled together, where one could live on what another includes."""
    code = re.sub(r"//.*", "", path.read_text())
    for header, names in HEADERS.items():
        if header not in given_by(path) and (m := re.search(names, code)):
            yield f"{path.relative_to(ROOT)}: uses {m[0]} without <{header}>"


def check_public_headers():
    for path in sorted((ROOT / "src").rglob("*.h")):
        if "//" not in path.read_text():
            yield f"{path.relative_to(ROOT)}: a header without a word about what it is for"


def check_tracked_words():
    """No unfinished work and no path of a developer's machine in what is kept."""
    for pattern in (r"\b(TODO|FIXME|XXX|HACK)\b", r"/(root|home/[a-z]+)/\.cache"):
        found = subprocess.run(["git", "-C", str(ROOT), "grep", "-nIE", pattern, "--", ":!tests/tidy.py"],
                               capture_output=True, text=True, check=False)
        yield from (f"{line[:140]}" for line in found.stdout.splitlines())


faults = []
for source in sorted((ROOT / "src").rglob("*.[hc]*")):
    if source.suffix in (".h", ".cc"):
        faults += check(source)
        faults += check_includes(source)
faults += check_public_headers()
faults += check_tracked_words()

print("\n".join(faults) or f"tidy: {len(MODULES)} modules, no fault")
sys.exit(bool(faults))
