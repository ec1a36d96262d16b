"""Added latency at a constant rate of half of what nginx can do: through the contender, less straight to the backend."""
import statistics

from . import contenders, rate, wrk
from .http_cases import CONNECTIONS, expect_answer

FIGURES = ("p50_us", "p90_us", "p99_us", "p999_us")


def saturation(bench, backend, seconds):
    """What nginx forwards at most, requests per second."""
    process, port = contenders.nginx(bench, "nginx-proxy.conf", BACKEND=backend)
    try:
        wrk.run(f"http://127.0.0.1:{port}/", 1, CONNECTIONS, bench.load_core)
        return wrk.run(f"http://127.0.0.1:{port}/", seconds, CONNECTIONS, bench.load_core).rate
    finally:
        process.stop()


def measure(bench, started, per_second, seconds, token):
    process, port = started
    try:
        expect_answer(f"http://127.0.0.1:{port}/", token)
        fields = rate.bearer(token) if token else ()
        rate.run(port, per_second, 1, bench.load_core, connections=CONNECTIONS, fields=fields)
        return rate.run(port, per_second, seconds, bench.load_core, connections=CONNECTIONS, fields=fields)
    finally:
        process.stop()


def run(bench, rounds, seconds):
    backend, port = contenders.nginx(bench, "nginx-fixed.conf", cores=bench.load_core)
    token = bench.key.access_token()
    starters = {
        "nginx": (lambda: contenders.nginx(bench, "nginx-proxy.conf", BACKEND=port), None),
        "tollgate": (lambda: contenders.gateway(bench, "gateway-proxy.yaml.in", port, "off", rate_limits="off"), None),
        "tollgate, all features": (lambda: contenders.gateway(bench, "gateway-full.yaml.in", port, "on"), token),
        "haproxy": (lambda: contenders.haproxy(bench, "haproxy-proxy.cfg", BACKEND=port), None),
        "envoy": (lambda: contenders.envoy(bench, "envoy-proxy.yaml.in", BACKEND=port), None),
    }
    try:
        per_second = int(saturation(bench, port, seconds) / 2)
        results = []
        for index in range(rounds):
            direct = rate.run(port, per_second, seconds, bench.load_core, connections=CONNECTIONS)
            names = list(starters)
            round_results = {"direct": direct}
            for name in names[index % len(names):] + names[:index % len(names)]:
                start, credentials = starters[name]
                round_results[name] = measure(bench, start(), per_second, seconds, credentials)
            results.append(round_results)
        return table(results, starters, per_second)
    finally:
        backend.stop()


def added(results, name, figure):
    return results[name][figure] - results["direct"][figure]


def table(rounds, names, per_second):
    lines = [f"### Added latency at a constant {per_second:,} requests/s, half of nginx's saturation", "",
             "| contender | p50 µs | p90 µs | p99 µs | p99.9 µs | p50 × nginx | p99 × nginx | failed |",
             "|---|---:|---:|---:|---:|---:|---:|---:|"]
    for name in names:
        cells = [f"{statistics.median(added(r, name, f) for r in rounds):,.0f}" for f in FIGURES]
        for figure in ("p50_us", "p99_us"):
            ratios = [added(r, name, figure) / max(1, added(r, "nginx", figure)) for r in rounds]
            cells.append(f"**{statistics.median(ratios):.2f}**")
        cells.append(str(sum(r[name]["failed"] for r in rounds)))
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    direct = statistics.median(r["direct"]["p50_us"] for r in rounds)
    return "\n".join([*lines, "", f"{len(rounds)} rounds, medians; straight to the backend p50 is {direct:,.0f} µs; "
                      "the ratio is taken inside each round.", ""])
