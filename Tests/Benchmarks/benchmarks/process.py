"""Processes under measurement: started on given cores, their CPU time and memory read from /proc, stopped by id."""
import os
import resource
import signal
import socket
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def raise_descriptor_limit(wanted=65536):
    """Room for 10,000 connections on either side; children inherit it. Without the right to, what is allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), max(hard, wanted)))
    except (ValueError, PermissionError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def _stat(pid):
    with open(f"/proc/{pid}/stat") as f:
        return f.read().rsplit(")", 1)[1].split()


class Process:
    """A program and the processes that it starts itself."""

    def __init__(self, command, cores, log, environment=None, user=None):
        self.command = command
        prefix = ["taskset", "-c", cores] if cores else []
        if user:
            prefix += ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
        self.log_path = log
        with open(log, "ab") as output:
            self.popen = subprocess.Popen(
                prefix + command, stdout=output, stderr=output, stdin=subprocess.DEVNULL,
                env={**os.environ, **(environment or {})},
            )
        self.pid = self.popen.pid

    def tree(self):
        """The ids of the process and all of its descendants."""
        parents = {}
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    parents[int(entry)] = int(_stat(entry)[1])
                except (OSError, IndexError):
                    continue
        found = {self.pid}
        while True:
            more = {p for p, parent in parents.items() if parent in found} - found
            if not more:
                return sorted(found)
            found |= more

    def cpu_seconds(self):
        """User and system time of the whole tree."""
        total = 0
        for pid in self.tree():
            try:
                fields = _stat(pid)
                total += int(fields[11]) + int(fields[12])
            except OSError:
                continue
        return total / TICKS

    def rss_bytes(self):
        """Resident memory of the whole tree, shared pages counted once per process."""
        total = 0
        for pid in self.tree():
            try:
                with open(f"/proc/{pid}/statm") as f:
                    total += int(f.read().split()[1]) * PAGE
            except OSError:
                continue
        return total

    def wait_for_port(self, port, seconds=20):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.popen.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.02)
        with open(self.log_path, errors="replace") as f:
            tail = "".join(f.readlines()[-15:])
        self.stop()
        raise RuntimeError(f"{self.command[0]} does not listen on {port}:\n{tail}")

    def stop(self):
        for send, patience in ((signal.SIGTERM, 10), (signal.SIGKILL, 5)):
            if self.popen.poll() is not None:
                return
            self.popen.send_signal(send)
            try:
                self.popen.wait(patience)
                return
            except subprocess.TimeoutExpired:
                continue
