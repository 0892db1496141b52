"""Adds up what a run of script/test left behind: names each failure, and ends with the totals."""
import pathlib
import sys
import xml.etree.ElementTree as ElementTree

RESULTS = pathlib.Path(sys.argv[1])


def cases():
    """Yields (name, outcome) of every test and every step."""
    for path in sorted(RESULTS.rglob("*.xml")):
        for case in ElementTree.parse(path).getroot().iter("testcase"):
            name = f"{path.relative_to(RESULTS)}: {case.get('classname')}.{case.get('name')}"
            if case.find("failure") is not None or case.find("error") is not None:
                yield name, "failed"
            elif case.find("skipped") is not None or case.get("result") == "skipped":
                yield name, "skipped"
            else:
                yield name, "passed"
    for line in (RESULTS / "steps").read_text().splitlines():
        status, name = line.split(" ", 1)
        yield name, "passed" if status == "0" else "failed"


totals = {"passed": 0, "failed": 0, "skipped": 0}
for name, outcome in cases():
    totals[outcome] += 1
    if outcome != "passed":
        print(f"{outcome}: {name}")
print(f"{totals['passed']} passed, {totals['failed']} failed, {totals['skipped']} skipped")
sys.exit(totals["failed"] > 0)
