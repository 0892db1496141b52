"""Charts of the table: one SVG a part, drawn by hand so that nothing has to be installed for it."""
import math
import re
from xml.sax.saxutils import escape

from table import quantity

WIDTH, NAMES, VALUES = 960, 420, 90  # Of the whole, and of the columns left and right of the scale.
LINE, HEAD, FOOT = 22, 34, 22
STYLE = """
  text { font: 12px sans-serif; fill: #222 } .title { font-weight: bold; font-size: 13px } .small { fill: #777; font-size: 10px }
  .back { fill: #fff } .grid { stroke: #ddd } .range { stroke: #8ab; stroke-width: 6 } .mid { fill: #246 }
  .kept { stroke: #2a2; stroke-width: 2 } .missed { stroke: #d22; stroke-width: 2 }
  @media (prefers-color-scheme: dark) { text { fill: #ddd } .small { fill: #999 } .back { fill: #161b22 }
    .grid { stroke: #333 } .range { stroke: #467 } .mid { fill: #9cf } }"""


class Scale:
    """From a value to a place: by powers of `base`, as what is compared differs by as much."""

    def __init__(self, values, base):
        self.base = base
        self.low = math.floor(self._power(min(values)))
        self.high = max(math.ceil(self._power(max(values))), self.low + 1)

    def _power(self, value):
        return round(math.log(value) / math.log(self.base), 9)  # Or 1000 would be less than 10 ** 3.

    def at(self, value):
        share = (self._power(max(value, self.base**self.low)) - self.low) / (self.high - self.low)
        return round(NAMES + share * (WIDTH - NAMES - VALUES), 1)

    def ticks(self):
        return [self.base**power for power in range(self.low, self.high + 1)]


def panels(rows):
    """Rows of one unit belong on one scale; what was not measured, or is nothing, on none."""
    drawn = [row for row in named_in_full(rows) if "missing" not in row and row["p50"] > 0]
    return [[row for row in drawn if row["unit"] == unit] for unit in dict.fromkeys(row["unit"] for row in drawn)]


def named_in_full(rows):
    """In the table an indented row belongs to the one above it, which a chart draws elsewhere."""
    above = ""
    for row in rows:
        if row["name"].startswith("  "):
            yield {**row, "name": f"{above}: {row['name'].strip()}"}
        else:
            above = row["name"].partition(":")[0]
            yield row


def draw_row(row, scale, y):
    middle = y + LINE / 2
    low, mid, high = (scale.at(row.get(key, row["p50"])) for key in ("p10", "p50", "p99"))
    yield f'<text x="8" y="{middle + 4}">{escape(row["name"])}</text>'
    yield f'<line class="range" x1="{low}" x2="{high}" y1="{middle}" y2="{middle}"/>'
    yield f'<circle class="mid" cx="{mid}" cy="{middle}" r="5"/>'
    if "bound" in row:
        kind, x = "kept" if row["holds"] else "missed", scale.at(row["bound"])
        yield f'<line class="{kind}" x1="{x}" x2="{x}" y1="{y + 2}" y2="{y + LINE - 2}"/>'
    yield f'<text x="{WIDTH - VALUES + 12}" y="{middle + 4}">{quantity(row["p50"], row["unit"])}</text>'


def draw_panel(rows, top):
    """The lines of one scale, from `top` on; and where they end."""
    values = [row[key] for row in rows for key in ("p10", "p50", "p99", "bound") if row.get(key, 0) > 0]
    unit, bottom = rows[0]["unit"], top + LINE * len(rows)
    scale = Scale(values, 4 if unit == "B" else 10)
    parts = []
    for tick in scale.ticks():
        x, label = scale.at(tick), re.sub(r"\.0+\b", "", quantity(tick, unit))
        parts.append(f'<line class="grid" x1="{x}" x2="{x}" y1="{top}" y2="{bottom}"/>')
        parts.append(f'<text class="small" x="{x}" y="{bottom + 13}" text-anchor="middle">{label}</text>')
    for number, row in enumerate(rows):
        parts += draw_row(row, scale, top + LINE * number)
    return parts, bottom + FOOT


def draw(figure):
    """The part as an SVG document; empty where nothing was measured."""
    parts, y = [], HEAD
    for rows in panels(figure["rows"]):
        lines, y = draw_panel(rows, y)
        parts += lines
    if not parts:
        return ""
    noise = " (noisy: the machine was not idle)" if figure["noise"]["reasons"] else ""
    legend = "dot: p50, line: p10 to p99, upright: what is promised, green where it holds"
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 18}" width="{WIDTH}" height="{y + 18}">',
        f"<style>{STYLE}</style>", f'<rect class="back" width="{WIDTH}" height="{y + 18}"/>',
        f'<text class="title" x="8" y="20">{escape(figure["title"] + noise)}</text>', *parts,
        f'<text class="small" x="8" y="{y + 8}">{legend}</text>', "</svg>\n"])
