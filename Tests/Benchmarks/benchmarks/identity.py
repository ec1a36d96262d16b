"""What logging in, refreshing and reading a profile cost at user-service, beside the cost of their parts."""
import base64
import http.client
import json
import os
import statistics
import subprocess
import threading
import time

from . import contenders, wrk
from .contenders import BIN
from .keys import SigningKey
from .payments import call
from .process import Process, free_port
from .system import wait_for

PERSON = {"email": "bench@example.com", "password": "correct horse battery"}
LOGINS = 1_000


class UserService:
    """The service alone, with one loop: the other core is for password hashes, the load, or both."""

    def __init__(self, bench, cores):
        data = os.path.join(bench.work, "identity")
        keys = os.path.join(data, "keys")
        if not os.path.isdir(keys):
            os.makedirs(data, mode=0o700, exist_ok=True)
            subprocess.run([os.path.join(BIN, "tollgate"), "keys", "init", "--format", "dir", "--dir", keys], check=True,
                           stdout=subprocess.DEVNULL)
        with open(os.path.join(keys, "gateway", "identity.pem"), "rb") as f:
            self.key = SigningKey(f.read())
        self.port, admin = free_port(), free_port()
        environment = {
            "PORT": str(self.port), "ADMIN_PORT": str(admin), "BIND_ADDRESS": "127.0.0.1", "EVENT_LOOPS": "1",
            "LOG_LEVEL": "warning", "ACCESS_LOG": "off", "DATA_DIR": os.path.join(data, "user-service"),
            "IDENTITY_KEY_FILE": f"{keys}/user-service/identity.pem", "IDENTITY_PEERS_DIR": f"{keys}/peers",
            "ADMIN_TOKEN_FILE": f"{keys}/admin/token", "PAYMENTS_SERVICE_URL": "http://127.0.0.1:9",
            # Everybody here has one address and one account.
            "RATE_LIMITS": "off",
            "SIGNING_KEY_ENCRYPTION_KEY_FILE": f"{keys}/user-service/encryption.key"}
        self.process = Process([os.path.join(BIN, "user-service")], cores, os.path.join(bench.work, "user-service.log"),
                               environment)
        wait_for(f"http://127.0.0.1:{admin}/readyz", 30)
        self.url = f"http://127.0.0.1:{self.port}"
        self.anonymous = {"Tollgate-Identity": self.identity(None)}
        try:
            call(f"{self.url}/v1/users", {**PERSON, "name": "Bench"}, self.anonymous)
        except OSError:
            pass  # signed up by an earlier start

    def identity(self, user, session=None):
        now = int(time.time())
        claims = {"iss": "gateway", "aud": "user-service", "iat": now, "exp": now + 60}
        if user:
            claims |= {"sub": user, "sid": session, "scope": "users:read users:write"}
        return self.key.token({"typ": "tollgate-id+jwt", "kid": self.key.identity_key_id()}, claims)

    def log_in(self):
        """The user's id, the session's, and a refresh token."""
        tokens = call(f"{self.url}/v1/sessions", PERSON, self.anonymous)
        payload = tokens["access_token"].split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return claims["sub"], claims["sid"], tokens["refresh_token"]

    def cpu_per_request(self, bench, path, seconds, script="plain.lua", **environment):
        url = f"{self.url}{path}"
        wrk.run(url, 1, 16, bench.load_core, script, environment)
        before = self.process.cpu_seconds()
        load = wrk.run(url, seconds, 16, bench.load_core, script, environment)
        if load.failed:
            raise RuntimeError(f"{load.failed} of {load.requests} to {path} failed")
        return (self.process.cpu_seconds() - before) * 1e6 / load.requests


def parts(seconds, cores):
    done = subprocess.run(["taskset", "-c", cores, os.path.join(BIN, "bench-parts"), str(seconds)], capture_output=True,
                          text=True, check=True)
    return json.loads(done.stdout.split("RESULT ", 1)[1])


class Logins:
    """As many logins under way at once as `count`, one after the other on each connection, until told to stop."""

    def __init__(self, service, count):
        self.service, self.ok, self.shed, self.other = service, 0, 0, 0
        self.stopping, self.lock = threading.Event(), threading.Lock()
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(count)]

    def start(self):
        self.began = time.monotonic()
        for thread in self.threads:
            thread.start()
        return self

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.service.port, timeout=60)
        while not self.stopping.is_set():
            connection.request("POST", "/v1/sessions", json.dumps(PERSON), {
                "Content-Type": "application/json", **self.service.anonymous})
            answer = connection.getresponse()
            answer.read()
            with self.lock:
                self.ok += answer.status == 201
                self.shed += answer.status in (429, 503)
                self.other += answer.status not in (201, 429, 503)
            if answer.status in (429, 503):
                self.stopping.wait(0.5)
        connection.close()

    def stop(self):
        self.stopping.set()
        seconds = time.monotonic() - self.began
        for thread in self.threads:
            thread.join(70)
        return self.ok / seconds


def logins(bench, seconds):
    """Logins beside the hash alone; reads at a constant rate with and without them."""
    from . import rate
    alone = parts(seconds, bench.server_core)["hashes_per_second"]
    service = UserService(bench, None)
    try:
        user, session, _ = service.log_in()
        fields = (f"Tollgate-Identity: {service.identity(user, session)}",)
        reads = {"cores": bench.load_core, "path": "/v1/users/me", "connections": 16, "fields": fields}
        peak = 5_000
        quiet = rate.run(service.port, peak, seconds, **reads)
        load = Logins(service, 4).start()
        time.sleep(1)
        fields = (f"Tollgate-Identity: {service.identity(user, session)}",)
        busy = rate.run(service.port, peak, seconds, **{**reads, "fields": fields})
        while time.monotonic() - load.began < seconds * 2:
            time.sleep(0.1)
        logged_in = load.stop()
    finally:
        service.process.stop()
    return [
        f"| hash alone, one thread | {alone:.2f} /s | |",
        f"| logins while {peak:,} reads/s are served | {logged_in:.2f} /s | **{logged_in / alone * 100:.0f} %** of the hash alone |",
        f'| reads answered without and with logins | {quiet["ok"]:,} and {busy["ok"]:,} of {quiet["sent"]:,} | '
        f'**{busy["ok"] / max(1, quiet["ok"]) * 100:.0f} %**, p50 {quiet["p50_us"]:.0f} and {busy["p50_us"]:.0f} µs |',
    ]


def costs(bench, rounds, seconds):
    """CPU of a read beside the fixed answer, and of a refresh beside its parts."""
    reads, refreshes = [], []
    signature = 1e6 / parts(1, bench.server_core)["signatures_per_second"]
    for _ in range(rounds):
        process, port = contenders.fixed_server(bench)
        before_url = f"http://127.0.0.1:{port}/"
        wrk.run(before_url, 1, 16, bench.load_core)
        before = process.cpu_seconds()
        load = wrk.run(before_url, seconds, 16, bench.load_core)
        fixed = (process.cpu_seconds() - before) * 1e6 / load.requests
        process.stop()
        service = UserService(bench, bench.server_core)
        try:
            user, session, refresh_token = service.log_in()
            value = service.identity(user, session)
            read = service.cpu_per_request(bench, "/v1/users/me", seconds, HEADER="Tollgate-Identity", VALUE=value)
            # One durable write over HTTP: the name, changed back and forth by sixteen clients.
            write = service.cpu_per_request(bench, "/v1/users/me", seconds, "rename.lua", HEADER="Tollgate-Identity",
                                            VALUE=value)
            refresh = refresh_cost(service, seconds, refresh_token)
        finally:
            service.process.stop()
        reads.append((read, fixed))
        refreshes.append((refresh, write, signature))
    median = statistics.median
    return [
        f"| `GET /users/me`, CPU | {median(r for r, _ in reads):.1f} µs | **{median(r / f for r, f in reads):.2f} ×** the fixed "
        f"answer ({median(f for _, f in reads):.1f} µs) |",
        f"| refresh, CPU | {median(r for r, _, _ in refreshes):.0f} µs | **{median(r / (w + s) for r, w, s in refreshes):.2f} ×** "
        f"its parts: a durable write over HTTP ({median(w for _, w, _ in refreshes):.0f} µs) and a signature ({signature:.0f} µs) |",
    ]


def refresh_cost(service, seconds, first):
    """Each of sixteen clients refreshes its own session again and again."""
    tokens = [first] + [service.log_in()[2] for _ in range(15)]
    counts = [0] * len(tokens)
    before, began = service.process.cpu_seconds(), time.monotonic()

    def run(index):
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
        token = tokens[index]
        while time.monotonic() - began < seconds * 2:
            connection.request("POST", "/v1/tokens/refresh", json.dumps({"refresh_token": token}), {
                "Content-Type": "application/json", **service.anonymous})
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 200:
                raise RuntimeError(f"refresh: {answer.status} {body!r}")
            token = json.loads(body)["refresh_token"]
            counts[index] += 1

    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(tokens))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return (service.process.cpu_seconds() - before) * 1e6 / max(1, sum(counts))


def memory(bench, seconds=12):
    """Resident memory while a thousand log in at once."""
    service = UserService(bench, None)
    try:
        service.log_in()
        before = service.process.rss_bytes() / 2**20
        load = Logins(service, LOGINS).start()
        curve = []
        while time.monotonic() - load.began < seconds:
            curve.append(service.process.rss_bytes() / 2**20)
            time.sleep(1)
        load.stop()
        time.sleep(2)
        after = service.process.rss_bytes() / 2**20
    finally:
        service.process.stop()
    points = " ".join(f"{x:.0f}" for x in curve)
    return [f"| RSS with {LOGINS:,} logins at once, each second | {points} MiB | before {before:.0f}, after {after:.0f} MiB; "
            f"{load.ok} logged in, {load.shed:,} told to come again, {load.other} otherwise |"]


def run(bench, rounds, seconds):
    rows = logins(bench, seconds * 3) + costs(bench, min(rounds, 3), seconds) + memory(bench)
    return "\n".join(["### Users and identity, at user-service", "", "| | measured | |", "|---|---|---|", *rows, ""])
