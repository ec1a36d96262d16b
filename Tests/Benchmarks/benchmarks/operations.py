"""What clients notice of what operators do, and of what attackers try: reloads, key rotation, overload."""
import http.server
import json
import os
import signal
import threading
import time

from . import contenders, rate
from .keys import SigningKey
from .report import verdict

ROUTES = 1_000
# The 30 s of the gateway, and time to notice.
COOL_DOWN = 33


def percent(new, old):
    return (new - old) / max(1, old) * 100


# MARK: - Reload

def reload(bench, seconds, per_second=5_000):
    """A file of 1,000 routes, another one each second."""
    backend, port = contenders.fixed_server(bench, cores=bench.load_core)
    gateway = None
    try:
        gateway, front = contenders.gateway(bench, "gateway-proxy.yaml.in", port, "off", rate_limits="off")
        with open(gateway.configuration) as f:
            base = f.read()
        write_routes(gateway.configuration, base, 0)
        time.sleep(3)
        quiet = rate.run(front, per_second, seconds, bench.load_core)
        load = rate.Rate(front, per_second, seconds, bench.load_core)
        before = reloads(gateway)
        while load.popen.poll() is None:
            write_routes(gateway.configuration, base, int(time.monotonic() * 1000))
            # Without it the gateway waits until the file has stood still for a second, which this one never does.
            gateway.popen.send_signal(signal.SIGHUP)
            time.sleep(1)
        busy, count = load.result(), reloads(gateway) - before
    finally:
        backend.stop()
        if gateway:
            gateway.stop()
    more = percent(busy["p99_us"], quiet["p99_us"])
    text = f'{busy["failed"]} of {busy["sent"]:,} failed, {count:.0f} reloads, p99 {more:+.0f} %'
    good = busy["failed"] == 0 and count >= seconds / 2
    return verdict(f"reload every second, {ROUTES:,} routes", "0 failed", "p99 + 10 % at most", text, good,
                   good and more <= 10)


def write_routes(path, base, version):
    routes = "".join(f"  - {{ name: r{i}-{version}, path: /r{i}/{version}/*, methods: [GET], upstream: backend, auth: public }}\n"
                     for i in range(ROUTES - 1))
    with open(path + ".new", "w") as f:
        f.write(base.replace("authentication:", routes + "authentication:"))
    os.replace(path + ".new", path)


def reloads(gateway):
    text = contenders.fetch(f"http://127.0.0.1:{gateway.admin}/metrics")[1].decode()
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
               if line.startswith("gateway_config_reloads_total") and 'result="ok"' in line)


# MARK: - Key rotation

class Issuer:
    """Publishes keys and counts who fetches them."""

    def __init__(self, key):
        self.keys, self.fetches = [key], []
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                issuer.fetches.append(time.monotonic())
                body = json.dumps({"keys": [k for key in issuer.keys for k in json.loads(key.jwks())["keys"]]}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def rotation(bench, flood):
    """A flood of tokens with unknown keys; meanwhile a new key is published and, one cool-down later, used."""
    old, new = SigningKey(kid="old"), SigningKey(kid="new")
    issuer = Issuer(old)
    backend, port = contenders.fixed_server(bench, cores=bench.load_core)
    gateway = None
    try:
        gateway, front = contenders.gateway(bench, "gateway-keys.yaml.in", port, "off", rate_limits="off",
                                            ISSUER=issuer.port)
        honest = {"cores": bench.load_core, "connections": 32}
        wait_for_key(front, old.access_token())
        quiet = rate.run(front, 1_000, 5, fields=rate.bearer(old.access_token()), **honest)
        fetches = len(issuer.fetches)
        attack = rate.Rate(front, flood, 2 * COOL_DOWN, bench.load_core,
                           unknown_key=SigningKey(kid="x").access_token().split(".", 1)[1])
        issuer.keys = [new, old]
        first = rate.run(front, 1_000, COOL_DOWN, fields=rate.bearer(old.access_token()), **honest)
        second = rate.run(front, 1_000, COOL_DOWN - 2, fields=rate.bearer(new.access_token()), **honest)
        flooded = attack.result()
        fetches = len(issuer.fetches) - fetches
    finally:
        issuer.server.shutdown()
        backend.stop()
        if gateway:
            gateway.stop()
    wrong = sum(part["statuses"].get("401", 0) for part in (first, second))
    failed = first["failed"] + second["failed"] - wrong
    admitted = flooded["ok"]
    more = percent(max(first["p99_us"], second["p99_us"]), quiet["p99_us"])
    text = (f'{wrong} of {first["sent"] + second["sent"]:,} refused wrongly, {failed} failed otherwise, '
            f'{fetches} fetches in {2 * COOL_DOWN} s, '
            f'{flooded["sent"]:,} unknown keys ({admitted} admitted), p99 {more:+.0f} %')
    good = wrong + failed == 0 and admitted == 0 and fetches <= 3
    return verdict(f"key rotation; {flood:,} unknown kids/s", "no false 401, ≤ 1 fetch per 30 s", "p99 unchanged", text,
                   good, good and more <= 10)


def wait_for_key(port, token):
    deadline = time.monotonic() + 10
    while rate.run(port, 10, 0.1, None, connections=1, fields=rate.bearer(token))["failed"]:
        if time.monotonic() > deadline:
            raise RuntimeError("the gateway does not accept tokens of its issuer")


# MARK: - Overload

def overload(bench, seconds, capacity=2_000):
    """Twice what the upstream can do, a tenth of it of the class that goes first; the peak is at just what it can do."""
    backend, port = contenders.fixed_server(bench, cores=bench.load_core, capacity=capacity)
    gateway = None
    try:
        gateway, front = contenders.gateway(bench, "gateway-overload.yaml.in", port, "off", rate_limits="off",
                                            LIMIT=max(1, capacity // 50))
        peak = rate.run(front, capacity, seconds, bench.load_core, path="/list", connections=1_000)
        lists = rate.Rate(front, capacity * 1.8, seconds, bench.load_core, path="/list", connections=4_000, timeout=5)
        first = rate.Rate(front, capacity * 0.2, seconds, bench.load_core, path="/pay", connections=1_000, timeout=5)
        lists, first = lists.result(), first.result()
    finally:
        backend.stop()
        if gateway:
            gateway.stop()
    goodput = (lists["ok"] + first["ok"]) / max(1, peak["ok"]) * 100
    served = first["ok"] / first["sent"] * 100
    text = f'goodput {goodput:.0f} % of peak, priority class {served:.1f} %'
    return verdict("2 × overload", "goodput ≥ 85 % of peak", "≥ 95 %, priority class 100 %", text, goodput >= 85,
                   goodput >= 95 and first["failed"] == 0)
