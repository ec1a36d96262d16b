"""What the split into three processes costs: `tollgate up` beside `tollgate mono`, in turn, under the same requests."""
import json
import os
import statistics

from . import rate, wrk
from .payments import Payer
from .process import PAGE
from .system import System

CLIENTS = 16
WHO = ("user-service", "payments-servic", "payments-service", "gateway")
KINDS = {
    "GET /accounts/{id}": ("GET", lambda p: f"/api/v1/accounts/{p.accounts[0]}"),
    "POST /payments": ("POST", lambda p: "/api/v1/payments"),
    "GET /overview (aggregate of three)": ("GET", lambda p: "/api/v1/overview"),
}


class Contender:
    """One way to run the system, with a user and money in it."""

    def __init__(self, bench, command):
        self.command = command
        self.system = System(bench, f"mono-{command}", command=command).start()
        self.payer = Payer(self.system, 16)
        self.runs = 0

    def processes(self):
        """The services alone: what starts and watches them belongs to none."""
        tree = self.system.process.tree()
        if self.command == "mono":
            return tree
        return [pid for pid in tree if name_of(pid) in WHO]

    def cpu_seconds(self):
        return sum(cpu_of(pid) for pid in self.processes())

    def rss_mib(self):
        return sum(rss_of(pid) for pid in self.processes()) / 2**20

    def most(self, kind, seconds):
        """As fast as it goes: requests per second, and CPU per request of all its processes."""
        method, path = KINDS[kind]
        before = self.cpu_seconds()
        if method == "POST":
            self.runs += 1
            load = self.payer.pay(None, seconds, self.runs, direct=False)
        else:
            load = wrk.run(f"http://127.0.0.1:{self.system.port}{path(self.payer)}", seconds, CLIENTS, "0-1", "plain.lua",
                           {"TOKEN": self.payer.token})
        if load.failed:
            raise RuntimeError(f"{load.failed} of {load.requests} failed: {kind}, {self.command}")
        return load.rate, (self.cpu_seconds() - before) * 1e6 / load.requests

    def at(self, kind, per_second, seconds):
        """Latency at a constant rate."""
        method, path = KINDS[kind]
        options = {"method": method, "path": path(self.payer), "fields": rate.bearer(self.payer.token),
                   "connections": CLIENTS}
        if method == "POST":
            self.runs += 1
            options |= {"key": f"half-{self.runs}", "body": json.dumps({
                "source": self.payer.accounts[0], "destination": {"account": self.payer.accounts[1]}, "amount": 1,
                "currency": "USD"})}
        result = rate.run(self.system.port, max(1, int(per_second)), seconds, None, **options)
        if result["failed"] or result["ok"] != result["sent"]:
            raise RuntimeError(f'{result["sent"] - result["ok"]} of {result["sent"]} failed: {kind}, {self.command}')
        return result


def name_of(pid):
    try:
        with open(f"/proc/{pid}/comm") as f:
            return f.read().strip()
    except OSError:
        return ""


def cpu_of(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_of(pid):
    with open(f"/proc/{pid}/statm") as f:
        return int(f.read().split()[1]) * PAGE


def run(bench, rounds, seconds):
    contenders, results = {}, []
    try:
        for command in ("up", "mono"):
            contenders[command] = Contender(bench, command)
        fresh = {command: c.rss_mib() for command, c in contenders.items()}
        for index in range(rounds):
            order = list(contenders) if index % 2 == 0 else list(reversed(contenders))
            results.append(round_of(contenders, order, seconds))
        loaded = {command: c.rss_mib() for command, c in contenders.items()}
    finally:
        for contender in contenders.values():
            contender.system.stop()
    return table(results, fresh, loaded)


def round_of(contenders, order, seconds):
    found = {}
    for kind in KINDS:
        most = {command: contenders[command].most(kind, seconds) for command in order}
        # The same rate for both: half of what the slower one can do.
        half = min(rate for rate, _ in most.values()) / 2
        for command in order:
            paced = contenders[command].at(kind, half, seconds)
            found[kind, command] = {"rate": most[command][0], "cpu": most[command][1], "half": half,
                                    "p50": paced["p50_us"], "p99": paced["p99_us"]}
    return found


def table(results, fresh, loaded):
    def median(kind, command, figure):
        return statistics.median(r[kind, command][figure] for r in results)

    def ratio(kind, figure):
        return statistics.median(r[kind, "up"][figure] / r[kind, "mono"][figure] for r in results)

    lines = [f"### Three processes beside one, {CLIENTS} clients (payments: 64), both cores, through the gateway", "",
             "| request | figure | three processes | one process | three ÷ one |", "|---|---|---:|---:|---:|"]
    for kind in KINDS:
        half = statistics.median(r[kind, "up"]["half"] for r in results)
        for title, figure, form in (("requests/s, at most", "rate", "{:,.0f}"), ("CPU µs per request", "cpu", "{:.1f}"),
                                    (f"p50 µs at {half:,.0f}/s", "p50", "{:,.0f}"),
                                    (f"p99 µs at {half:,.0f}/s", "p99", "{:,.0f}")):
            lines.append(f"| `{kind.split(' (')[0]}` | {title} | {form.format(median(kind, 'up', figure))} | "
                         f"{form.format(median(kind, 'mono', figure))} | **{ratio(kind, figure):.2f}** |")
    for title, rss in (("RSS MiB before the load", fresh), ("RSS MiB after it", loaded)):
        lines.append(f"| | {title} | {rss['up']:.1f} | {rss['mono']:.1f} | **{rss['up'] / rss['mono']:.2f}** |")
    return "\n".join([*lines, "", f"{len(results)} rounds in turn, medians; ratios taken inside each round. Latency is at the "
                      "same rate for both, half of what the slower one can do.", ""])
