"""Lines of the table, as every part of it makes them.

A row has name, unit (ns, B or 1/s), n, p50, and where they say something p10, p99 and max, ratio, target in
words, bound as a figure, holds. A row with `missing` says why there is no figure.
"""
from lockstep import summary

MILLI = 1e6  # In nanoseconds.


def timed(row, yardstick=None, at_most=None):
    """A line of the table; with a yardstick its median as a ratio, held to `at_most` if given."""
    line = {"name": row.name, "unit": "ns", **summary(row.times)}
    if yardstick is not None:
        line["ratio"] = round(line["p50"] / summary(yardstick.times)["p50"], 3)
    if at_most is not None:
        line["target"] = f"p50 <= {at_most} F"
        line["bound"] = round(at_most * summary(yardstick.times)["p50"])
        line["holds"] = line["ratio"] <= at_most
    return line


def latency(name, result):
    return {"name": name, "unit": "ns", **{key: result[key] for key in ("n", "p10", "p50", "p99", "max")}}


def rate(name, count, per_second, at_least):
    """How often a second, over `count` of them."""
    return {"name": name, "unit": "1/s", "n": count, "p50": round(per_second, None if per_second >= 100 else 1),
            "target": f">= {at_least}/s", "bound": at_least, "holds": per_second >= at_least}
