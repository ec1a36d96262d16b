"""payments-service as a process of its own, and the C loop over libsqlite3 that it is measured beside."""
import http.client
import json
import os
import shutil
import subprocess

from . import wrk
from .contenders import BIN, HERE
from .keys import SigningKey
from .process import Process, free_port
from .system import wait_for

CLIENTS = 64
ACCOUNTS = 256
BATCH = 1_000
FUNDS = 1_000_000_000


class PaymentsService:
    """The service alone, without a user-service to follow, on a folder of its own."""

    def __init__(self, bench, name, cores=None, **environment):
        self.bench, self.folder = bench, os.path.join(bench.work, name)
        keys = os.path.join(bench.work, "ledger-keys")
        if not os.path.isdir(keys):
            subprocess.run([os.path.join(BIN, "tollgate"), "keys", "init", "--format", "dir", "--dir", keys], check=True,
                           stdout=subprocess.DEVNULL)
        with open(os.path.join(keys, "gateway", "identity.pem"), "rb") as f:
            self.key = SigningKey(f.read())
        os.makedirs(self.folder, mode=0o700, exist_ok=True)
        self.port, self.admin = free_port(), free_port()
        self.process = Process([os.path.join(BIN, "payments-service")], cores, f"{self.folder}.log", {
            "PORT": str(self.port), "ADMIN_PORT": str(self.admin), "BIND_ADDRESS": "127.0.0.1", "LOG_LEVEL": "error",
            "ACCESS_LOG": "off", "DATA_DIR": self.folder, "DRAIN_DELAY_SECONDS": "0",
            "IDENTITY_KEY_FILE": f"{keys}/payments-service/identity.pem", "IDENTITY_PEERS_DIR": f"{keys}/peers",
            "ADMIN_TOKEN_FILE": f"{keys}/admin/token", "USER_SERVICE_URL": "http://127.0.0.1:9", **environment})
        wait_for(f"http://127.0.0.1:{self.admin}/readyz", 60)
        self.url = f"http://127.0.0.1:{self.port}"

    @property
    def database(self):
        return os.path.join(self.folder, "payments-service.sqlite")

    def identity(self):
        """Good for a minute: each round asks for its own."""
        return self.key.identity_token("payments-service")

    def open_accounts(self, count=ACCOUNTS):
        """Accounts of one user, each with more money than a run can pay."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        identity, ids = self.identity(), []

        def post(path, body, key):
            connection.request("POST", path, json.dumps(body), {
                "Content-Type": "application/json", "Tollgate-Identity": identity, "Idempotency-Key": key})
            answer = connection.getresponse()
            document = json.loads(answer.read())
            if answer.status != 201:
                raise RuntimeError(f"{path}: {answer.status} {document}")
            return document["id"]

        for index in range(count):
            ids.append(post("/v1/accounts", {"currency": "USD"}, f"open-{index}"))
            post("/v1/deposits", {"account": ids[-1], "amount": FUNDS, "source": "card_ok"}, f"fund-{index}")
        connection.close()
        return ids

    def load(self, script, accounts, seconds, run, clients=CLIENTS, cores="0-1", path="", **more):
        load = wrk.run(self.url + path, seconds, clients, cores, script, {
            "ACCOUNTS": ",".join(accounts), "IDENTITY_HEADER": "Tollgate-Identity", "IDENTITY_VALUE": self.identity(),
            "PAYMENTS_PATH": "/v1/payments", "RUN": str(run), **more})
        if load.failed:
            raise RuntimeError(f"{load.failed} of {load.requests} requests failed")
        return load

    def pay(self, accounts, seconds, run):
        return self.load("payments.lua", accounts, seconds, run)

    def stop(self):
        self.process.stop()


def ledger_loop(bench, mode, seconds, *more):
    """Runs the C loop over libsqlite3, built on first use, on the disk of the benchmark."""
    program = os.path.join(bench.work, "ledger-loop")
    if not os.path.exists(program):
        subprocess.run(["cc", "-O2", "-o", program, os.path.join(HERE, "LedgerLoop", "ledger-loop.c"), "-lsqlite3"],
                       check=True)
    folder = os.path.join(bench.work, "loop")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    done = subprocess.run([program, mode, os.path.join(folder, "loop.sqlite"), str(seconds), *map(str, more)],
                          capture_output=True, text=True)
    shutil.rmtree(folder)
    if done.returncode != 0:
        raise RuntimeError(f"ledger-loop: {done.stderr}")
    return json.loads(done.stdout.split("RESULT ", 1)[1])
