#!/usr/bin/env python3
"""Asks the gateway for what may be asked twice (reads of both services, deposits with a key) until the file STOP is there,
12 clients, half of them with connections that they keep. Prints what was answered, what failed and whether every
deposit that was acknowledged is there once.

usage: load.py URL STOP"""
import asyncio
import collections
import json
import pathlib
import sys
import time
import urllib.request

url, stop = sys.argv[1], pathlib.Path(sys.argv[2])
host, port = url.removeprefix("http://").split(":")
run = f"{time.time_ns():x}"
PATIENCE = 30


def call(method, path, body=None, token=None):
    fields = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    data = json.dumps(body).encode() if body else None
    with urllib.request.urlopen(urllib.request.Request(url + path, data, fields, method=method), timeout=PATIENCE) as answer:
        return json.load(answer)


def patiently(attempt):
    """What is not the load itself may be asked again: services may still be starting."""
    for _ in range(30):
        try:
            return attempt()
        except OSError as error:  # Of the connection, or a status that is an error.
            latest = error
            time.sleep(1)
    raise latest


def signed_up():
    """A token and an account of somebody new."""
    person = {"email": f"load-{time.time_ns():x}@example.com", "password": "correct horse battery staple"}
    call("POST", "/api/v1/users", person | {"name": "Load"})
    token = call("POST", "/api/v1/sessions", person)["access_token"]
    return token, call("POST", "/api/v1/accounts", {"currency": "USD"}, token)["id"]


token, account = patiently(signed_up)
READS = ["/api/v1/users/me", f"/api/v1/accounts/{account}", "/api/v1/overview"]
statuses, failures = collections.Counter(), []
unacknowledged = 0  # Deposits without an answer that says so: they may be there or not.
began = time.monotonic()


class Client:
    def __init__(self, number):
        self.number, self.keeps = number, number % 2 == 0
        self.reader = self.writer = None

    @staticmethod
    def deposits(turn):
        return turn % 4 == 3

    async def ask(self, turn):
        """One request; its status."""
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection(host, int(port))
        fields, body = [f"Host: {host}", f"Authorization: Bearer {token}"], b""
        if self.deposits(turn):
            body = json.dumps({"account": account, "amount": 1, "source": "card_ok"}).encode()
            line = "POST /api/v1/deposits HTTP/1.1"
            fields += ["Content-Type: application/json", f"Content-Length: {len(body)}",
                       f"Idempotency-Key: {run}-{self.number}-{turn}"]
        else:
            line = f"GET {READS[turn % 4]} HTTP/1.1"
        if not self.keeps:
            fields.append("Connection: close")
        self.writer.write("\r\n".join([line, *fields, "", ""]).encode() + body)
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
        answered = dict(field.split(": ", 1) for field in head[1:] if ": " in field)
        text = await self.reader.readexactly(int(answered.get("content-length", 0)))
        if not self.keeps or answered.get("connection") == "close":
            self.close()
        return int(head[0].split()[1]), text

    def close(self):
        if self.writer is not None:
            self.writer.close()
        self.writer = None

    async def work(self):
        global unacknowledged
        turn = 0
        while not stop.exists():
            at, status = time.monotonic(), None
            try:
                status, text = await asyncio.wait_for(self.ask(turn), PATIENCE)
                statuses[status] += 1
                if status not in (200, 201):
                    failures.append((at, status, text[:200].decode()))
            except (OSError, EOFError, asyncio.TimeoutError) as error:
                self.close()
                failures.append((at, "no answer", repr(error)))
            if self.deposits(turn) and status != 201:
                unacknowledged += 1
            turn += 1
            await asyncio.sleep(max(0, 0.2 - (time.monotonic() - at)))


async def main():
    await asyncio.gather(*[Client(number).work() for number in range(12)])


print("began", flush=True)
asyncio.run(main())
posted = patiently(lambda: call("GET", f"/api/v1/accounts/{account}", token=token))["balance"]["posted"]
print(f"answers {sum(statuses.values())}")
print(f"failed {len(failures)}")
print(f"lost {max(0, statuses[201] - posted)}")
print(f"double {max(0, posted - statuses[201] - unacknowledged)}")
for at, status, detail in failures[:10]:
    print(f"    after {at - began:.1f} s: {status} {detail}")
