"""The benchmark's own arithmetic, its table and its charts."""
import pathlib
import sys
import xml.etree.ElementTree

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench"))
import chart  # noqa: E402
import table  # noqa: E402
from figures import FIGURES, measurement  # noqa: E402
from lockstep import Row, percentile, summary, take_turns  # noqa: E402
from rows import rate, timed  # noqa: E402

MILLI = 1_000_000
CALM = {"seconds": 1.0, "loadBefore": 0.0, "loadAfter": 0.0, "cpuPressureBefore": 0.0, "cpuPressureDuring": 0.0,
        "foreignCpu": 0.0, "stolen": 0.0, "reasons": []}


class Steps:
    """A worker whose times are known, and which notes who was asked when."""

    def __init__(self, name, asked):
        self.name, self.asked, self.count = name, asked, 0

    def step(self, _request):
        self.asked.append(self.name)
        self.count += 1
        return self.count


def test_a_percentile_is_one_of_the_values():
    values = [30, 10, 20, 40]
    assert [percentile(values, share) for share in (0, 0.25, 0.5, 0.99, 1)] == [10, 20, 30, 40, 40]
    assert summary(range(1, 101)) == {"n": 100, "p10": 11, "p50": 51, "p99": 100, "max": 100}


def test_rows_take_turns_and_the_warm_up_does_not_count():
    asked = []
    rows = [Row("a", Steps("a", asked)), Row("b", Steps("b", asked), every=2)]
    take_turns(rows, 4, warm_up=2)
    assert "".join(asked) == "ab" "a" "ab" "a" "ab" "a"
    assert rows[0].times == [3, 4, 5, 6] and rows[1].times == [2, 3]


def test_a_ratio_is_held_to_its_limit():
    yardstick, row = Row("F", None, times=[100] * 3), Row("box", None, times=[150] * 3)
    assert timed(row, yardstick, 1.5)["holds"] and not timed(row, yardstick, 1.4)["holds"]
    assert timed(row, yardstick, 1.4)["bound"] == 140
    assert rate("many", 10, 800, 800)["holds"] and not rate("few", 10, 799.6, 800)["holds"]


@pytest.mark.parametrize("bare, reported, holds", [
    (100, 103, True), (100, 97, True), (100, 103.1, False), (100, 96.9, False),  # 3 % is more than 2 ms.
    (10, 12, True), (10, 12.1, False)])
def test_a_reported_time_is_held_to_two_milliseconds_or_three_per_cent(bare, reported, holds):
    rows = [Row("", None, times=[value * MILLI] * 5) for value in (reported, bare)]
    assert measurement.held_time(*rows)["holds"] is holds


def test_one_peak_that_is_off_is_enough():
    right, wrong = 16 << 20, (16 << 20) + (2 << 20)
    assert measurement.held_peak(Row("", None, times=[right] * 9), 16 << 20)["holds"]
    assert not measurement.held_peak(Row("", None, times=[right] * 9 + [wrong]), 16 << 20)["holds"]


def test_the_spread_is_what_the_outer_twentieth_has():
    calm, wild = Row("calm", None, times=[100] * 99 + [200]), Row("wild", None, times=[100] * 90 + [111] * 10)
    assert [line.get("holds") for line in measurement.held_spread(calm, wild)] == [None, True]
    assert [line.get("holds") for line in measurement.held_spread(wild, calm)] == [None, False]


@pytest.mark.parametrize("value, unit, text", [
    (999, "ns", "999 ns"), (1_000, "ns", "1.00 us"), (12_345_678, "ns", "12.3 ms"), (314e6, "ns", "314 ms"),
    (1.5e9, "ns", "1.50 s"), (9_292, "1/s", "9,292/s"), (4.2, "1/s", "4.2/s"), (2.34, "x", "2.34 x"), (370, "B", "370 B"),
    (16 << 20, "B", "16.0 MiB"), (None, "ns", "")])
def test_a_quantity_has_three_digits_and_its_unit(value, unit, text):
    assert table.quantity(value, unit) == text


def test_the_table_says_what_is_missed_missing_and_noisy(capsys):
    rows = [{**timed(Row("slow", None, times=[2 * MILLI])), "target": "p50 <= 1 ms", "holds": False},
            {"name": "docker run", "missing": "not installed"}]
    table.print_figure({"name": "part", "title": "Part", "rows": rows, "noise": {**CALM, "reasons": ["stolen 20%"]}})
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("slow") and line.endswith("p50 <= 1 ms           NO") for line in lines)
    assert any("not available: not installed" in line for line in lines)
    assert any("noisy: stolen 20%" in line for line in lines)


def test_a_chart_shows_every_row_that_was_measured_where_it_belongs():
    rows = [timed(Row("F & more", None, times=[MILLI])), {**timed(Row("slow", None, times=[10 * MILLI])), "bound": MILLI, "holds": False},
            timed(Row("  inner", None, times=[100 * MILLI])), rate("rate", 5, 50, 10), {"name": "gone", "missing": "why"}]
    root = xml.etree.ElementTree.fromstring(chart.draw({"title": "T", "rows": rows, "noise": CALM}))
    name = "{http://www.w3.org/2000/svg}"
    texts = [element.text for element in root.iter(name + "text")]
    assert "F & more" in texts and "slow: inner" in texts and "gone" not in texts
    places = [float(element.get("cx")) for element in root.iter(name + "circle")]
    assert len(places) == 4 and places[0] == chart.NAMES and places[2] == chart.WIDTH - chart.VALUES
    assert places[1] == pytest.approx((places[0] + places[2]) / 2)
    missed = [element for element in root.iter(name + "line") if element.get("class") == "missed"]
    assert len(missed) == 1 and float(missed[0].get("x1")) == places[0]


def test_a_chart_of_nothing_is_nothing():
    assert chart.draw({"title": "T", "rows": [{"name": "gone", "missing": "why"}], "noise": CALM}) == ""


def test_every_part_can_be_asked_for():
    for name, part in FIGURES.items():
        assert part.TITLE and isinstance(part.ALONE, bool) and callable(part.measure), name
