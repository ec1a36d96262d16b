"""The three services without `tollgate up`: two gateways, each process stopped and started when a case says so."""
import os
import subprocess

from .contenders import BIN
from .payments import Payer
from .process import Process, free_port
from .system import wait_for


class Services:
    def __init__(self, data):
        self.data, self.keys = data, os.path.join(data, "keys")
        os.makedirs(data, mode=0o700, exist_ok=True)
        subprocess.run([os.path.join(BIN, "tollgate"), "keys", "init", "--format", "dir", "--dir", self.keys],
                       check=True, stdout=subprocess.DEVNULL)
        self.names = ["user-service", "payments-service", "gateway-1", "gateway-2"]
        self.addresses = {name: (free_port(), free_port()) for name in self.names}
        self.ports = [self.addresses[name][0] for name in self.names if name.startswith("gateway")]
        self.port = self.ports[0]
        self.running = {}

    def start(self):
        for name in self.names:
            self.launch(name)
        return self

    def launch(self, name):
        port, admin = self.addresses[name]
        service = name.removesuffix("-1").removesuffix("-2")
        folder = os.path.join(self.data, name)
        os.makedirs(folder, mode=0o700, exist_ok=True)
        environment = {
            "PORT": str(port), "ADMIN_PORT": str(admin), "BIND_ADDRESS": "127.0.0.1", "LOG_LEVEL": "warning",
            "ACCESS_LOG": "off", "DATA_DIR": folder, "RATE_LIMITS": "off", "DRAIN_DELAY_SECONDS": "1",
            "IDENTITY_KEY_FILE": f"{self.keys}/{service}/identity.pem", "IDENTITY_PEERS_DIR": f"{self.keys}/peers",
            "ADMIN_TOKEN_FILE": f"{self.keys}/admin/token",
            "SIGNING_KEY_ENCRYPTION_KEY_FILE": f"{self.keys}/user-service/encryption.key"}
        for other in ("user-service", "payments-service"):
            environment[f'{other.upper().replace("-", "_")}_URL'] = f"http://127.0.0.1:{self.addresses[other][0]}"
        self.running[name] = Process([os.path.join(BIN, service)], None, f"{folder}.log", environment)
        wait_for(f"http://127.0.0.1:{admin}/readyz", 30)

    def restart(self, name):
        self.running[name].stop()
        self.launch(name)

    def payer(self, accounts):
        return Payer(self, accounts)

    def stop(self):
        for process in reversed(list(self.running.values())):
            process.stop()
