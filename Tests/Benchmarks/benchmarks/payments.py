"""Durable payments over HTTP beside PostgreSQL's pgbench, in turn, on the same disk."""
import json
import os
import re
import shutil
import statistics
import subprocess
import urllib.request

from . import wrk
from .keys import SigningKey
from .process import Process, free_port
from .system import System

CLIENTS = 64
ACCOUNTS = 256
POSTGRES = "/usr/lib/postgresql/15/bin"


class PostgreSQL:
    """A cluster of its own with pgbench's tables at scale 100, run as the `postgres` user."""

    def __init__(self, bench, scale=100):
        self.folder, self.port = os.path.join(bench.work, "postgres"), free_port()
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        shutil.chown(self.folder, "postgres", "postgres")
        self.run(["initdb", "-D", f"{self.folder}/data", "-A", "trust", "-U", "postgres"])
        self.process = Process(
            [f"{POSTGRES}/postgres", "-D", f"{self.folder}/data", "-p", str(self.port), "-k", self.folder,
             "-c", "listen_addresses=127.0.0.1", "-c", "synchronous_commit=on", "-c", "shared_buffers=512MB"],
            None, os.path.join(bench.work, "postgres.log"), user="postgres")
        self.process.wait_for_port(self.port)
        self.run(["createdb", *self.connection(), "bench"])
        self.run(["pgbench", *self.connection(), "-i", "-q", "-s", str(scale), "bench"])

    def connection(self):
        return ["-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres"]

    def run(self, command):
        done = subprocess.run(["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups",
                               f"{POSTGRES}/{command[0]}", *command[1:]], capture_output=True, text=True, cwd="/")
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]}: {done.stderr[-500:]}")
        return done.stdout

    def transactions_per_second(self, seconds):
        out = self.run(["pgbench", *self.connection(), "-c", str(CLIENTS), "-j", "2", "-T", str(seconds), "bench"])
        return float(re.search(r"tps = ([\d.]+)", out)[1])


class Payer:
    """One user with many funded accounts, reached at payments-service or through the gateway."""

    def __init__(self, system, accounts=ACCOUNTS):
        self.system = system
        with open(os.path.join(system.data, "keys", "gateway", "identity.pem"), "rb") as f:
            self.gateway_key = SigningKey(f.read())
        api = f"http://127.0.0.1:{system.port}/api/v1"
        who = {"email": "bench@example.com", "password": "correct horse battery"}
        self.user = call(f"{api}/users", {**who, "name": "Bench"})["id"]
        self.token = call(f"{api}/sessions", who)["access_token"]
        bearer = {"Authorization": f"Bearer {self.token}"}
        self.accounts = []
        for index in range(accounts):
            account = call(f"{api}/accounts", {"currency": "USD"}, bearer)["id"]
            call(f"{api}/deposits", {"account": account, "amount": 100_000_000, "source": "card_ok"},
                 {**bearer, "Idempotency-Key": f"fund-{index}"})
            self.accounts.append(account)

    def pay(self, bench, seconds, run, direct):
        if direct:
            url, path = f"http://127.0.0.1:{self.system.port + 2}", "/v1/payments"
            header = ("Tollgate-Identity", self.gateway_key.identity_token("payments-service", self.user))
        else:
            url, path = f"http://127.0.0.1:{self.system.port}", "/api/v1/payments"
            header = ("Authorization", f"Bearer {self.token}")
        return wrk.run(url, seconds, CLIENTS, "0-1", "payments.lua", {
            "ACCOUNTS": ",".join(self.accounts), "IDENTITY_HEADER": header[0], "IDENTITY_VALUE": header[1],
            "PAYMENTS_PATH": path, "RUN": str(run)})


def call(url, body, headers=None):
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json", **(headers or {})})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def run(bench, rounds, seconds):
    postgres = PostgreSQL(bench)
    system = System(bench, "payments").start()
    rows = []
    try:
        payer = Payer(system)
        for index in range(rounds):
            tps = postgres.transactions_per_second(seconds)
            direct = payer.pay(bench, seconds, 2 * index + 1, direct=True)
            through = payer.pay(bench, seconds, 2 * index + 2, direct=False)
            if direct.failed or through.failed:
                raise RuntimeError(f"payments failed: {direct.failed} direct, {through.failed} through the gateway")
            rows.append((tps, direct, through))
    finally:
        system.stop()
        postgres.process.stop()
    return table(rows)


def table(rows):
    lines = ["### Durable payments over HTTP, 64 clients, both cores, beside pgbench (TPC-B-like, scale 100, 64 clients)",
             "", "| | per second | p50 ms | p99 ms | × pgbench |", "|---|---:|---:|---:|---:|"]
    median = statistics.median
    lines.append(f"| pgbench, synchronous_commit=on | {median(r[0] for r in rows):,.0f} | – | – | 1 |")
    for title, index in (("payments-service, synchronous=FULL", 1), ("the same through the gateway", 2)):
        loads = [r[index] for r in rows]
        lines.append(f"| {title} | {median(x.rate for x in loads):,.0f} | {median(x.p50_ms for x in loads):.1f} | "
                     f"{median(x.p99_ms for x in loads):.1f} | **{median(r[index].rate / r[0] for r in rows):.2f}** |")
    return "\n".join([*lines, "", f"{len(rows)} rounds in turn, medians; ratios taken inside each round.", ""])
