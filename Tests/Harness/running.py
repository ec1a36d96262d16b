"""The whole system as `tollgate up` starts it, in a folder and on ports of its own, for tests that look at it from outside."""
import json
import os
import secrets
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NAMES = ["gateway", "user-service", "payments-service"]


def programs():
    """The folder with the four programs: TOLLGATE_BIN, or what was built last of debug and release; None where there is none."""
    own = os.environ.get("TOLLGATE_BIN")
    folders = [own] if own else [os.path.join(ROOT, ".build", kind) for kind in ("debug", "release")]
    folders = [os.path.join(ROOT, f) for f in folders if all(os.access(os.path.join(ROOT, f, p), os.X_OK) for p in ["tollgate", *NAMES])]
    return max(folders, key=lambda folder: os.path.getmtime(os.path.join(folder, "tollgate")), default=None)


def free_block():
    """A port with the ports that `tollgate up` takes beside it, below those that systems give to connections."""
    for _ in range(500):
        first, held = 10_000 + secrets.randbelow(20_000), []
        try:
            for offset in (0, 1, 2, 1000, 1001, 1002):
                held.append(socket.socket())
                held[-1].bind(("127.0.0.1", first + offset))
            return first
        except OSError:
            continue
        finally:
            for each in held:
                each.close()
    raise RuntimeError("no ports are free")


def wait_for(what, condition, seconds=120, pause=0.05, alive=lambda: True):
    """The first true answer of the condition; nobody listening yet is none."""
    end = time.monotonic() + seconds
    while alive() and time.monotonic() < end:
        try:
            if answer := condition():
                return answer
        except OSError:
            pass
        time.sleep(pause)
    raise TimeoutError(f"{what}: not within {seconds} seconds")


class System:
    """A running system; `with System(folder) as system:`."""

    def __init__(self, folder, **environment):
        self.folder, self.port = folder, free_block()
        self.data = os.path.join(folder, "data")
        self.url = f"http://127.0.0.1:{self.port}"
        self.admin_ports = [self.port + 1000 + number for number in range(len(NAMES))]
        self.environment = {**os.environ, **environment}
        self.process = None

    def __enter__(self):
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [os.path.join(programs(), "tollgate"), "up", "--data", self.data, "--port", str(self.port)],
                env=self.environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        try:
            wait_for("the system to start", self.is_ready, alive=lambda: self.process.poll() is None)
        except TimeoutError as error:
            self.__exit__()
            with open(self.log, encoding="utf-8") as log:
                raise RuntimeError(f"{error}:\n{log.read()[-4000:]}") from error
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(60)

    @property
    def log(self):
        return os.path.join(self.folder, "up.log")

    def is_ready(self):
        return all(self.request("GET", "/readyz", port=port)[0] == 200 for port in self.admin_ports)

    def request(self, method, path, body=None, token=None, port=None, **fields):
        """Status, fields and bytes of an answer."""
        headers = {name.replace("_", "-"): value for name, value in fields.items()}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if body is not None:
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(
            f"http://127.0.0.1:{port or self.port}{path}", method=method, headers=headers,
            data=None if body is None else json.dumps(body).encode())
        try:
            answer = urllib.request.urlopen(request, timeout=30)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            return answer.status, answer.headers, answer.read()
