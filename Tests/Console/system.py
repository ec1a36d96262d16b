"""The whole system on free ports and in a folder of its own, as `tollgate up` starts it, with a few people in it."""
import json
import os
import re
import secrets
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PASSWORD = "correct horse battery"


def programs():
    """Where the programs are: TOLLGATE_BIN, or what was built last of debug and release."""
    folders = [os.environ.get("TOLLGATE_BIN"), *(os.path.join(ROOT, ".build", kind) for kind in ("debug", "release"))]
    found = [os.path.join(folder, "tollgate") for folder in folders if folder]
    found = [path for path in found if os.path.exists(path)]
    if not found:
        raise SystemExit("console: build the programs first (swift build)")
    return found[0] if os.environ.get("TOLLGATE_BIN") else max(found, key=os.path.getmtime)


def free_port():
    """A port with its neighbours, and those of the admin ports, free at this moment."""
    while True:
        start = 20000 + secrets.randbelow(20000)
        try:
            held = []
            for port in [start + i for i in range(3)] + [start + 1000 + i for i in range(3)]:
                one = socket.socket()
                held.append(one)
                one.bind(("127.0.0.1", port))
            return start
        except OSError:
            continue
        finally:
            for one in held:
                one.close()


class System:
    """A running system; `with System() as system:`."""

    def __init__(self, **settings):
        self.folder = tempfile.TemporaryDirectory(prefix="tollgate-console-")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.admin_url = f"http://127.0.0.1:{self.port + 1000}"
        self.log = open(os.path.join(self.folder.name, "log"), "w+", encoding="utf-8")
        self.settings = {"RATE_LIMITS": "off", "WEBHOOK_ALLOW_HTTP": "on", "WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8", **settings}

    @property
    def data(self):
        return os.path.join(self.folder.name, "data")

    def __enter__(self):
        self.process = subprocess.Popen(
            [programs(), "up", "--data", self.data, "--port", str(self.port)], stdout=self.log, stderr=self.log,
            env={**os.environ, **self.settings})
        self.wait(lambda: self.request("GET", "/api/v1/openapi.json")[0] == 200 and self.ready(), "the system to start")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=60)
        self.log.close()
        self.folder.cleanup()

    def ready(self):
        for port in range(self.port + 1000, self.port + 1003):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
                if answer.status != 200:
                    return False
        return True

    def wait(self, condition, what, seconds=120):
        end = time.monotonic() + seconds
        while True:
            try:
                value = condition()
                if value:
                    return value
            except (OSError, urllib.error.URLError):
                pass
            if self.process.poll() is not None or time.monotonic() > end:
                self.log.seek(0)
                raise SystemExit(f"console: waited in vain for {what}:\n{self.log.read()[-4000:]}")
            time.sleep(0.05)

    def request(self, method, path, body=None, token=None, **fields):
        """Status, fields and body of an answer."""
        headers = {name.replace("_", "-"): value for name, value in fields.items()}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if body is not None:
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(
            self.url + path, method=method, headers=headers, data=None if body is None else json.dumps(body).encode())
        try:
            answer = urllib.request.urlopen(request, timeout=30)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            return answer.status, answer.headers, answer.read()

    def api(self, method, path, body=None, token=None, **fields):
        status, _, text = self.request(method, "/api/v1" + path, body, token, **fields)
        assert status < 400, (method, path, status, text)
        return json.loads(text) if text else None

    def person(self, name):
        """Signs somebody up who has an account and 1,000.00 USD."""
        one = Person(self, name)
        one.account = self.api("POST", "/accounts", {"currency": "USD"}, one.token)["id"]
        one.deposit(100_000)
        return one

    def admin(self, email="root@example.com"):
        """Makes an admin with the tool."""
        subprocess.run([programs(), "admin", "create", "--email", email, "--data", self.data], check=True, text=True,
                       input=f"{PASSWORD}\n", stdout=subprocess.DEVNULL)
        return email


class Person:
    def __init__(self, system, name):
        self.system, self.name = system, name
        self.email = f"{re.sub('[^a-z]', '', name.lower())}-{secrets.token_hex(4)}@example.com"
        self.user = system.api("POST", "/users", {"email": self.email, "password": PASSWORD, "name": name})
        self.token = system.api("POST", "/sessions", {"email": self.email, "password": PASSWORD})["access_token"]

    def deposit(self, amount, account=None):
        self.system.api("POST", "/deposits", {"account": account or self.account, "amount": amount, "source": "card_ok"},
                        self.token, Idempotency_Key=secrets.token_hex(8))

    def pay(self, email, amount, **more):
        body = {"source": self.account, "destination": {"email": email}, "amount": amount, "currency": "USD", **more}
        return self.system.api("POST", "/payments", body, self.token, Idempotency_Key=secrets.token_hex(8))
