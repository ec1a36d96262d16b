"""Load at a constant rate: requests have their times beforehand, and latency counts from those (bench-rate)."""
import json
import os
import subprocess

from .contenders import BIN


class Rate:
    """A run of `bench-rate` in the background."""

    def __init__(self, ports, rate, seconds, cores, connections=64, fields=(), **options):
        ports = [ports] if isinstance(ports, int) else ports
        arguments = {"rate": rate, "seconds": seconds, "connections": connections, **options}
        command = ["taskset", "-c", cores] if cores else []
        command += [os.path.join(BIN, "bench-rate")]
        command += [f"port={port}" for port in ports] + [f"field={field}" for field in fields]
        command += [f'{name.replace("_", "-")}={value}' for name, value in arguments.items()]
        self.popen = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def result(self):
        """What was measured: sent, ok, failed, times in microseconds, statuses."""
        out, error = self.popen.communicate()
        for line in out.splitlines():
            if line.startswith("RESULT "):
                return json.loads(line[len("RESULT "):])
        raise RuntimeError(f"bench-rate failed: {out}{error}")


def run(ports, rate, seconds, cores, **options):
    return Rate(ports, rate, seconds, cores, **options).result()


def bearer(token):
    return (f"Authorization: Bearer {token}",)
