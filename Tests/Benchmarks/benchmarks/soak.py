"""Memory of the three services under payments and reads for minutes: it has to come to rest."""
import os
import statistics
import threading
import time

from . import wrk
from .contenders import fetch
from .payments import Payer, call
from .system import System

# Tokens live for ten minutes; each slice has its own.
SLICE = 30
NAMES = {"gateway": "gateway", "user-service": "user-service", "payments-servic": "payments-service"}


class Sampler:
    """Resident memory of each service, once a second."""

    def __init__(self, process):
        self.process, self.samples, self.stopping = process, {name: [] for name in NAMES.values()}, threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()

    def run(self):
        services = {pid: NAMES[name] for pid in self.process.tree() if (name := command(pid)) in NAMES}
        while not self.stopping.wait(1):
            for pid, name in services.items():
                self.samples[name].append(resident(pid))


def command(pid):
    with open(f"/proc/{pid}/comm") as f:
        return f.read().strip()


def resident(pid):
    with open(f"/proc/{pid}/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def run(bench, minutes):
    system = System(bench, "soak").start()
    payments = reads = 0
    try:
        payer = Payer(system, 64)
        api = f"http://127.0.0.1:{system.port}/api/v1"
        who = {"email": "bench@example.com", "password": "correct horse battery"}
        with Sampler(system.process) as sampler:
            end, number = time.monotonic() + minutes * 60, 0
            while (left := end - time.monotonic()) > 1:
                number += 1
                payer.token = call(f"{api}/sessions", who)["access_token"]
                seconds = max(2, int(min(SLICE, left) * 0.8))
                load = payer.pay(bench, seconds, number, direct=False)
                look = wrk.run(f"{api}/payments?limit=20", max(1, seconds // 4), 16, "0-1", "plain.lua", {"TOKEN": payer.token})
                if load.failed or look.failed:
                    raise RuntimeError(f"{load.failed} payments and {look.failed} lists failed")
                payments, reads = payments + load.requests, reads + look.requests
        status, _ = fetch(f"http://127.0.0.1:{system.port + 1000}/readyz")
        if status != 200:
            raise RuntimeError(f"not ready after the soak: {status}")
    finally:
        system.stop()
    return table(sampler.samples, minutes, payments, reads)


def table(samples, minutes, payments, reads):
    lines = [f"### Memory over {minutes:g} minutes of payments and lists through the gateway", "",
             "| service | second quarter, MiB | last quarter, MiB | last ÷ second (flat: ≤ 1.05) | most, MiB |",
             "|---|---:|---:|---:|---:|"]
    for name, values in samples.items():
        quarter = max(1, len(values) // 4)
        # What is filled once, such as caches and pools, is filled in the first.
        early, late = statistics.median(values[quarter:2 * quarter] or values), statistics.median(values[-quarter:])
        lines.append(f"| {name} | {early:.1f} | {late:.1f} | **{late / early:.2f}** | {max(values):.1f} |")
    return "\n".join([*lines, "", f"{payments:,} payments and {reads:,} lists; sampled once a second, medians.", ""])
