"""Adds up what a run of script/test left behind: names each failure, and ends with the totals.

script/bootstrap --test has brought whatever the tests need, so a skip is a failure too, unless its reason is one
that no installing cures, or holds one of the texts that the caller allows.
    summary.py RESULTS [ALLOWED...]
"""
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

RESULTS, ALLOWED = pathlib.Path(sys.argv[1]), sys.argv[2:]

# Of the kind of test, build or cgroups that it meets with.
BY_NATURE = re.compile("|".join([
    "its memory and its thread would be counted",  # Under the thread sanitizer.
    "pure v1 does not tell",
    "pure v1 delegates nothing",
    "only pure v2 keeps processes apart",
    "finds its errors when it gets there",  # A language that does not compile.
    "this host is one; the unit tests have run on it",  # Of pure cgroup v2.
]))


def skipped_because(case):
    """The reason of a test that was skipped, or None."""
    skipped = case.find("skipped")
    if skipped is not None:
        return f"{skipped.get('message') or ''} {skipped.text or ''}".strip()
    return "" if case.get("result") == "skipped" else None


def is_allowed(reason):
    return BY_NATURE.search(reason) or any(text in reason for text in ALLOWED)


def cases():
    """Yields (name, outcome) of every test and every step."""
    for path in sorted(RESULTS.rglob("*.xml")):
        for case in ElementTree.parse(path).getroot().iter("testcase"):
            name = f"{path.relative_to(RESULTS)}: {case.get('classname')}.{case.get('name')}"
            reason = skipped_because(case)
            if case.find("failure") is not None or case.find("error") is not None:
                yield name, "failed"
            elif reason is None:
                yield name, "passed"
            else:
                yield f"{name}: {' '.join(reason.split())}", "skipped" if is_allowed(reason) else "skipped without leave"
    for line in (RESULTS / "steps").read_text().splitlines():
        status, name = line.split(" ", 1)
        yield name, "passed" if status == "0" else "failed"


totals = {"passed": 0, "failed": 0, "skipped": 0}
for name, outcome in cases():
    if outcome != "passed":
        print(f"{outcome}: {name}")
    totals["failed" if outcome == "skipped without leave" else outcome] += 1
print(f"{totals['passed']} passed, {totals['failed']} failed, {totals['skipped']} skipped")
sys.exit(totals["failed"] > 0)
