"""What a collector that is dead or hangs does to requests, and how long a busy gateway takes to show its metrics."""
import socket
import statistics
import threading
import time

from . import contenders, rate
from .process import free_port

PER_SECOND = 5_000


class Hanging:
    """Takes connections and requests, and never answers."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.taken = []
        threading.Thread(target=self.take, daemon=True).start()

    def take(self):
        while True:
            try:
                self.taken.append(self.listener.accept()[0])
            except OSError:
                return

    def stop(self):
        self.listener.close()
        for connection in self.taken:
            connection.close()


def measure(bench, backend, token, seconds, environment):
    gateway, port = contenders.gateway(bench, "gateway-full.yaml.in", backend, "on", environment=environment)
    try:
        rate.run(port, PER_SECOND, 1, bench.load_core, fields=rate.bearer(token))
        before = gateway.rss_bytes()
        load = rate.Rate(port, PER_SECOND, seconds, bench.load_core, fields=rate.bearer(token))
        scrapes, size = [], 0
        while load.popen.poll() is None:
            began = time.monotonic()
            size = len(contenders.fetch(f"http://127.0.0.1:{gateway.admin}/metrics")[1])
            scrapes.append((time.monotonic() - began) * 1e3)
            time.sleep(0.2)
        result = load.result()
        return {**result, "grown": (gateway.rss_bytes() - before) / 2**20, "scrape_ms": statistics.median(scrapes),
                "slowest_ms": max(scrapes), "size": size}
    finally:
        gateway.stop()


def run(bench, rounds, seconds):
    backend, port = contenders.nginx(bench, "nginx-fixed.conf", cores=bench.load_core)
    hanging = Hanging()
    token = bench.key.access_token()
    every = {"OTEL_TRACES_SAMPLER": "always_on"}
    rows = {
        "no traces": {"OTEL_SDK_DISABLED": "true"},
        "all traces, collector dead": {**every, "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{free_port()}"},
        "all traces, collector hangs": {**every, "OTEL_EXPORTER_OTLP_ENDPOINT": hanging.url},
    }
    try:
        results = []
        for index in range(rounds):
            names = list(rows)
            found = {}
            for name in names[index % len(names):] + names[:index % len(names)]:
                found[name] = measure(bench, port, token, seconds, rows[name])
            results.append(found)
        return table(results, rows)
    finally:
        hanging.stop()
        backend.stop()


def table(rounds, names):
    lines = [f"### Traces without a collector at {PER_SECOND:,} requests/s, and `/metrics` meanwhile", "",
             "| gateway | p50 µs | p99 µs | p99 × no traces | grown MiB | `/metrics` ms | slowest ms | KiB | failed |",
             "|---|---:|---:|---:|---:|---:|---:|---:|---:|"]
    for name in names:
        def median(figure):
            return statistics.median(r[name][figure] for r in rounds)

        ratio = statistics.median(r[name]["p99_us"] / max(1, r["no traces"]["p99_us"]) for r in rounds)
        lines.append(f'| {name} | {median("p50_us"):,.0f} | {median("p99_us"):,.0f} | **{ratio:.2f}** | '
                     f'{median("grown"):.1f} | {median("scrape_ms"):.1f} | {max(r[name]["slowest_ms"] for r in rounds):.1f} | '
                     f'{median("size") / 1024:.0f} | {sum(r[name]["failed"] for r in rounds)} |')
    return "\n".join([*lines, "", f"{len(rounds)} rounds, medians. `/metrics` is read five times a second, over a new "
                      "connection each.", ""])
