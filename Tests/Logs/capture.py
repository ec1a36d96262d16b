"""Uses the real system, and returns every line that its services wrote."""
import json
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "Harness"))
import running  # noqa: E402


class System(running.System):
    """A running system with the lines of its services in a file."""

    def __init__(self, folder, **environment):
        self.file = os.path.join(folder, "lines.log")
        super().__init__(folder, LOG_FILE=self.file, LOG_FILE_MAX_BYTES=str(1 << 30), **environment)

    def ask(self, method, path, body=None, token=None, port=None, **headers):
        """Status and JSON of an answer, None for what is refused; status 0 where nobody answers."""
        try:
            status, fields, text = self.request(method, path, body, token, port, **headers)
        except OSError:
            return 0, None
        if status >= 300:
            return status, None
        return status, json.loads(text) if "json" in fields.get("Content-Type", "") else text

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
