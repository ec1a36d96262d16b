"""The whole system as `tollgate up` starts it: start-up times, memory after the demo, durable payments."""
import os
import random
import shutil
import subprocess
import time
import urllib.error

from .contenders import BIN, fetch
from .process import Process, free_port


class System:
    """The three services, started by `tollgate up` (or `mono`) in a folder of its own."""

    def __init__(self, bench, name="up", rate_limits="off", command="up"):
        self.command = command
        self.data = os.path.join(bench.work, name)
        # Below the range that the system hands out: thousands of closed connections may still hold ports of that.
        self.port = random.randrange(10_000, 30_000)
        self.environment = {"RATE_LIMITS": rate_limits, "LOG_LEVEL": "warning"}
        self.log = os.path.join(bench.work, f"{name}.log")
        self.process = None

    def start(self):
        self.process = Process([os.path.join(BIN, "tollgate"), self.command, "--data", self.data, "--port", str(self.port)],
                               None, self.log, self.environment)
        wait_for(f"http://127.0.0.1:{self.port + 1000}/readyz", 30)
        return self

    def stop(self):
        self.process.stop()

    def demo(self):
        subprocess.run([os.path.join(BIN, "tollgate"), "demo", "--url", f"http://127.0.0.1:{self.port}"],
                       check=True, stdout=subprocess.DEVNULL)


def wait_for(url, seconds):
    deadline = time.monotonic() + seconds
    while True:
        try:
            if fetch(url)[0] == 200:
                return
        except (OSError, urllib.error.URLError):
            pass
        if time.monotonic() > deadline:
            raise RuntimeError(f"{url} was not ready within {seconds} s")
        time.sleep(0.002)


def memory(bench):
    system = System(bench, "memory").start()
    try:
        system.demo()
        rows = []
        total = 0
        for pid in system.process.tree():
            with open(f"/proc/{pid}/comm") as f:
                name = f.read().strip()
            with open(f"/proc/{pid}/statm") as f:
                mib = int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
            if name in ("gateway", "user-service", "payments-serv", "payments-servic", "payments-service"):
                rows.append(f"| {name} | {mib:.1f} |")
                total += mib
        return "\n".join(["### Memory after the demo", "", "| process | RSS MiB |", "|---|---:|", *rows,
                          f"| **together** | **{total:.1f}** |", ""])
    finally:
        system.stop()


def startup(bench, runs=7):
    """Time from the start of each program until /readyz answers 200, with its data already there."""
    system = System(bench, "startup").start()
    system.demo()
    system.stop()
    lines = ["### Start to `/readyz` 200, second start", "", "| program | median ms | worst ms |", "|---|---:|---:|"]
    keys = os.path.join(system.data, "keys")
    for name in ("gateway", "user-service", "payments-service"):
        times = []
        for _ in range(runs):
            port, admin = free_port(), free_port()
            environment = {
                "PORT": str(port), "ADMIN_PORT": str(admin), "BIND_ADDRESS": "127.0.0.1", "LOG_LEVEL": "warning",
                "DATA_DIR": os.path.join(system.data, name), "IDENTITY_PEERS_DIR": f"{keys}/peers",
                "IDENTITY_KEY_FILE": f"{keys}/{name}/identity.pem", "DRAIN_DELAY_SECONDS": "0",
                "ADMIN_TOKEN_FILE": f"{keys}/admin/token",
                "SIGNING_KEY_ENCRYPTION_KEY_FILE": f"{keys}/user-service/encryption.key",
                "USER_SERVICE_URL": "http://127.0.0.1:9", "PAYMENTS_SERVICE_URL": "http://127.0.0.1:9"}
            began = time.monotonic()
            process = Process([os.path.join(BIN, name)], None, system.log, environment)
            try:
                wait_for(f"http://127.0.0.1:{admin}/readyz", 20)
                times.append((time.monotonic() - began) * 1000)
            finally:
                process.stop()
        times.sort()
        lines.append(f"| {name} | {times[len(times) // 2]:.0f} | {times[-1]:.0f} |")
    shutil.rmtree(system.data)
    return "\n".join(lines + [""])
