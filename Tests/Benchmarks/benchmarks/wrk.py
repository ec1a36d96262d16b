"""wrk as the load: keep-alive connections, exact counts and percentiles from its own histogram."""
import json
import os
import subprocess

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Load:
    """What one round of load measured."""

    def __init__(self, report):
        self.requests = report["requests"]
        self.seconds = report["duration_us"] / 1e6
        self.p50_ms = report["p50_us"] / 1e3
        self.p99_ms = report["p99_us"] / 1e3
        self.failed = report["status_errors"] + report["socket_errors"]

    @property
    def rate(self):
        return self.requests / self.seconds


def run(url, seconds, connections, cores, script="plain.lua", environment=None):
    command = ["taskset", "-c", cores, "wrk", "--latency", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s",
               "-s", os.path.join(HERE, "load", script), url]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **(environment or {})})
    for line in done.stdout.splitlines():
        if line.startswith("RESULT "):
            return Load(json.loads(line[len("RESULT "):]))
    raise RuntimeError(f"wrk failed: {done.stdout}{done.stderr}")
