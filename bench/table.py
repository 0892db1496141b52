"""The table, as people read it."""
import sys

COLUMNS = "{:<48}{:>8}{:>11}{:>11}{:>11}{:>9}  {:<22}{}"
SCALES = {"ns": (("s", 1e9), ("ms", 1e6), ("us", 1e3)), "B": (("MiB", 1 << 20),), "threads": ()}


def quantity(value, unit):
    """A figure with three significant digits and the unit that suits it."""
    if value is None:
        return ""
    if unit == "1/s":
        return f"{value:,}/s"
    if unit == "x":
        return f"{value:.2f} x"
    for name, size in SCALES[unit]:
        if abs(value) >= size:
            scaled = value / size
            return f"{scaled:.{max(0, 3 - len(str(int(abs(scaled)))))}f} {name}"
    return f"{value:,} {unit}"


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
