"""Uses the real system, and returns every line that its services wrote."""
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def programs():
    """The folder with the four programs: TOLLGATE_BIN, or what is built here; None where there is none."""
    for folder in (os.environ.get("TOLLGATE_BIN"), ".build/release", ".build/debug"):
        path = os.path.join(ROOT, folder) if folder else ""
        if folder and all(os.access(os.path.join(path, p), os.X_OK) for p in ("tollgate", "gateway", "user-service", "payments-service")):
            return path
    return None


def free_block():
    """A port with the ports that `tollgate up` takes beside it."""
    for port in range(20_000 + os.getpid() % 20_000, 60_000, 7):
        held = []
        try:
            for offset in (0, 1, 2, 1000, 1001, 1002):
                held.append(socket.socket())
                held[-1].bind(("127.0.0.1", port + offset))
            return port
        except OSError:
            continue
        finally:
            for each in held:
                each.close()
    raise RuntimeError("no ports are free")


class System:
    """`tollgate up` in a folder, with its lines in a file."""

    def __init__(self, folder, **environment):
        self.port, self.folder = free_block(), folder
        self.file = os.path.join(folder, "lines.log")
        own = {**os.environ, "LOG_FILE": self.file, "LOG_FILE_MAX_BYTES": str(1 << 30), **environment}
        self.data = os.path.join(folder, "data")
        with open(os.path.join(folder, "up.log"), "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [os.path.join(programs(), "tollgate"), "up", "--data", self.data, "--port", str(self.port)],
                env=own, stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def __enter__(self):
        end = time.monotonic() + 120
        while self.ask("GET", "/readyz", port=self.port + 1000)[0] != 200:
            if self.process.poll() is not None or time.monotonic() > end:
                with open(os.path.join(self.folder, "up.log"), encoding="utf-8") as log:
                    raise RuntimeError("the system does not start: " + log.read()[-2000:])
            time.sleep(0.1)
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(60)

    def ask(self, method, path, body=None, token=None, port=None, **headers):
        """Status and JSON of an answer; status 0 where nobody answers."""
        request = urllib.request.Request(f"http://127.0.0.1:{port or self.port}{path}", method=method)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                text = answer.read()
                is_json = "json" in answer.headers.get("Content-Type", "")
                return answer.status, json.loads(text) if is_json else text
        except urllib.error.HTTPError as error:
            return error.code, None
        except OSError:
            return 0, None

    def admin_token(self):
        with open(os.path.join(self.data, "keys/admin/token"), encoding="utf-8") as file:
            return file.read().strip()


def use(system):
    """A sign-up, money, and what is refused: each kind of line at least once."""
    person = {"email": "ada@example.com", "password": "correct horse battery", "name": "Ada"}
    expect(201, system.ask("POST", "/api/v1/users", person))
    login = {k: person[k] for k in ("email", "password")}
    token = expect(201, system.ask("POST", "/api/v1/sessions", login))["access_token"]
    expect(401, system.ask("POST", "/api/v1/sessions", {**login, "password": "wrong horse battery"}))
    account = expect(201, system.ask("POST", "/api/v1/accounts", {"currency": "USD"}, token))["id"]
    deposit = {"account": account, "amount": 10_000, "source": "card_ok"}
    for _ in range(2):
        expect(201, system.ask("POST", "/api/v1/deposits", deposit, token, Idempotency_Key="first"))
    expect(200, system.ask("GET", "/api/v1/overview", None, token))
    expect(404, system.ask("GET", "/nobody/knows/this", X_Forwarded_For="198.51.100.7"))
    expect(401, system.ask("GET", "/api/v1/accounts"))
    expect(403, system.ask("GET", "/api/v1/admin/users", None, token))
    admin = system.admin_token()
    expect(401, system.ask("PUT", "/log-level", {"level": "debug"}, "no-such-token", system.port + 1001))
    for level in ("debug", "info"):
        status, _ = system.ask("PUT", "/log-level", {"level": level}, admin, system.port + 1001)
        assert status in (200, 204), status


def expect(status, answer):
    assert answer[0] == status, f"{answer[0]}, not {status}"
    return answer[1]


def lines():
    """The lines of the services from their start to their end, as text."""
    with tempfile.TemporaryDirectory() as folder:
        with System(folder, TRUSTED_PROXIES="1") as system:
            use(system)
        with open(system.file, encoding="utf-8") as file:
            return file.read().splitlines()
