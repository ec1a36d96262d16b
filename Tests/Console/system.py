"""The whole system with a few people in it."""
import json
import os
import re
import secrets
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "Harness"))
import running  # noqa: E402

ROOT = running.ROOT
PASSWORD = "correct horse battery"


class System(running.System):
    """A running system; `with System() as system:`."""

    def __init__(self, **settings):
        if running.programs() is None:
            raise SystemExit("console: build the programs first (swift build)")
        self.temporary = tempfile.TemporaryDirectory(prefix="tollgate-console-")
        receivers = {"WEBHOOK_ALLOW_HTTP": "on", "WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8"}
        super().__init__(self.temporary.name, **{"RATE_LIMITS": "off", **receivers, **settings})

    def __exit__(self, *reason):
        super().__exit__(*reason)
        self.temporary.cleanup()

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
        tool = os.path.join(running.programs(), "tollgate")
        subprocess.run([tool, "admin", "create", "--email", email, "--data", self.data], check=True, text=True,
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
