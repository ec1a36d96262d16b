"""Medians over rounds, and ratios taken inside each round: the machine's speed drifts between rounds."""
import statistics


class Table:
    """Rows of one case: a list of rounds, each a dictionary of contender to its figures."""

    def __init__(self, title, baseline):
        self.title, self.baseline, self.rounds = title, baseline, []

    def add(self, results):
        self.rounds.append(results)

    def names(self):
        seen = {}
        for results in self.rounds:
            seen.update(dict.fromkeys(results))
        return list(seen)

    def median(self, name, figure):
        values = [r[name][figure] for r in self.rounds if name in r and r[name].get(figure) is not None]
        return statistics.median(values) if values else None

    def ratio(self, name, figure="cpu_us", baseline=None):
        baseline = baseline or self.baseline
        pairs = [r[name][figure] / r[baseline][figure] for r in self.rounds if name in r and baseline in r
                 and r[baseline].get(figure) and r[name].get(figure) is not None]
        return statistics.median(pairs) if pairs else None

    def markdown(self):
        lines = [f"### {self.title}", "",
                 f"| contender | requests/s | p50 ms | p99 ms | CPU µs/request | × {self.baseline} | requests/CPU s | "
                 "÷ tollgate | RSS MiB | failed |",
                 "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|"]
        for name in self.names():
            cells = [self.cell(name, f, form) for f, form in
                     (("rate", "{:,.0f}"), ("p50_ms", "{:.2f}"), ("p99_ms", "{:.2f}"), ("cpu_us", "{:.1f}"))]
            ratio = self.ratio(name)
            cells.append("–" if ratio is None else f"**{ratio:.2f}**")
            cpu = self.median(name, "cpu_us")
            cells.append("–" if not cpu else f"{1e6 / cpu:,.0f}")
            times = self.ratio(name, baseline="tollgate")
            cells.append("–" if times is None else f"{times:.2f}")
            cells += [self.cell(name, "rss_mib", "{:.1f}"), self.cell(name, "failed", "{:.0f}")]
            lines.append(f"| {name} | " + " | ".join(cells) + " |")
        lines += ["", f"{len(self.rounds)} rounds, medians; the ratios are of CPU per request, taken inside each round: "
                  "÷ tollgate says how many times as many requests tollgate answers in the same CPU time.", ""]
        return "\n".join(lines)

    def cell(self, name, figure, form):
        value = self.median(name, figure)
        return "–" if value is None else form.format(value)


def verdict(title, passes, aims, measured, ok, best):
    """One line of the table of the rows that are about failure: what was to be reached, and what was."""
    state = "aim reached" if best else "passed" if ok else "**failed**"
    return f"| {title} | {passes} | {aims} | {measured} | {state} |"


HEADER = "| figure | pass | aim | measured | |\n|---|---|---|---|---|"
