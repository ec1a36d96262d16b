"""What clients notice when parts fail under load: an upstream killed, one stopped, everything restarted in turn."""
import os
import signal
import time

from . import contenders, rate
from .report import HEADER, verdict
from .services import Services

PER_SECOND = 2_000


class Fleet:
    """Three upstreams and the gateway in front of them."""

    def __init__(self, bench):
        started = [contenders.fixed_server(bench, cores=bench.load_core) for _ in range(3)]
        self.servers = [process for process, _ in started]
        ports = [port for _, port in started]
        self.gateway, self.port = contenders.gateway(
            bench, "gateway-fleet.yaml.in", ports[0], "off", ONE=ports[0], TWO=ports[1], THREE=ports[2])

    def signal(self, index, number):
        self.servers[index].popen.send_signal(number)

    def metric(self, name):
        """The sum of a metric's samples on the admin port."""
        text = contenders.fetch(f"http://127.0.0.1:{self.gateway.admin}/metrics")[1].decode()
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(name))

    def stop(self):
        for process in [self.gateway, *self.servers]:
            process.stop()


def kill(bench, seconds):
    """kill -9 of one of three, reads and keyed writes under way."""
    fleet = Fleet(bench)
    try:
        reads = rate.Rate(fleet.port, PER_SECOND * 3 // 4, seconds, bench.load_core, path="/read")
        writes = rate.Rate(fleet.port, PER_SECOND // 4, seconds, bench.load_core, path="/write", method="POST",
                           body="{}", key="kill")
        time.sleep(seconds / 2)
        fleet.signal(0, signal.SIGKILL)
        reads, writes = reads.result(), writes.result()
    finally:
        fleet.stop()
    text = f'{reads["failed"]} of {reads["sent"]:,} GET, {writes["failed"]} of {writes["sent"]:,} keyed POST failed'
    return verdict(f"kill -9 of one of three upstreams at {PER_SECOND:,}/s", "0 failed GET", "also 0 keyed POST", text,
                   reads["failed"] == 0, reads["failed"] + writes["failed"] == 0)


def stall(bench, seconds):
    """SIGSTOP of one of three: until the gateway leaves it out, and until no answer is slow any more."""
    fleet = Fleet(bench)
    ejected = None
    try:
        began = time.monotonic()
        load = rate.Rate(fleet.port, PER_SECOND, max(seconds, 10), bench.load_core, path="/read", connections=512,
                         timeout=20)
        time.sleep(2)
        fleet.signal(0, signal.SIGSTOP)
        stopped = time.monotonic()
        while ejected is None and time.monotonic() - stopped < 15:
            if fleet.metric("gateway_upstream_ejections_total") > 0:
                ejected = time.monotonic() - stopped
            time.sleep(0.02)
        result = load.result()
    finally:
        fleet.signal(0, signal.SIGCONT)
        fleet.stop()
    calm = max(0.0, result["last_trouble_s"] - (stopped - began))
    text = "never ejected" if ejected is None else f"{ejected:.1f} s"
    text += f'; no slow request after {calm:.1f} s; {result["failed"]} of {result["sent"]:,} failed'
    return verdict("upstream stopped with SIGSTOP: time until ejected", "≤ 5 s", "≤ 2 s", text,
                   ejected is not None and ejected <= 5, ejected is not None and ejected <= 2)


def rolling(bench, requests):
    """Every process restarted in turn, two gateways, a mixed load until all are back."""
    services = Services(os.path.join(bench.work, "rolling")).start()
    try:
        payer = services.payer(accounts=2)
        per_second, share = 900, requests / 3
        bearer = rate.bearer(payer.token)
        body = (f'{{"source":"{payer.accounts[0]}","destination":{{"account":"{payer.accounts[1]}"}},"amount":1,'
                '"currency":"USD"}')
        common = {"cores": None, "connections": 32, "fields": bearer, "timeout": 30}
        seconds = share / (per_second / 3)
        loads = {
            "safe": rate.Rate(services.ports, per_second / 3, seconds, path="/api/v1/users/me", **common),
            "aggregate": rate.Rate(services.ports, per_second / 3, seconds, path="/api/v1/overview", **common),
            "keyed": rate.Rate(services.ports, per_second / 3, seconds, path="/api/v1/payments", method="POST",
                               body=body, key="rolling", **common),
        }
        time.sleep(min(2, seconds / 10))
        for name in services.names:
            services.restart(name)
        results = {name: load.result() for name, load in loads.items()}
    finally:
        services.stop()
    failed = {name: result["failed"] for name, result in results.items()}
    sent = sum(result["sent"] for result in results.values())
    text = f"{sum(failed.values())} of {sent:,} failed"
    for name, result in results.items():
        if result["failed"]:
            text += f'; {name}: {result["lost"]} connections lost, answers {result["statuses"]}'
    good = sum(failed.values()) == 0
    return verdict("rolling restart of everything, mixed requests", "0 failed safe or keyed", "0 failed", text, good, good)


def table(*rows):
    return "\n".join([HEADER, *rows, ""])
