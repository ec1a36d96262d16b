"""The cases that compare one answer under load: a fixed answer, a plain proxy, a proxy with everything on."""
import time
import urllib.error

from . import contenders, wrk
from .report import Table

CONNECTIONS = 64


def measure(bench, started, seconds, token=None, path="/"):
    """One contender in one round: warmed up, then loaded; CPU is the difference around the load alone."""
    process, port = started
    url = f"http://127.0.0.1:{port}{path}"
    environment = {"TOKEN": token} if token else {}
    try:
        expect_answer(url, token)
        wrk.run(url, 1, CONNECTIONS, bench.load_core, environment=environment)
        before = process.cpu_seconds()
        load = wrk.run(url, seconds, CONNECTIONS, bench.load_core, environment=environment)
        cpu = process.cpu_seconds() - before
        return {"rate": load.rate, "p50_ms": load.p50_ms, "p99_ms": load.p99_ms, "failed": load.failed,
                "cpu_us": cpu * 1e6 / load.requests, "rss_mib": process.rss_bytes() / 2**20}
    finally:
        process.stop()


def expect_answer(url, token):
    """The contender must really answer before it is measured: 200, and the backend's bytes."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    deadline = time.monotonic() + 10
    while True:
        try:
            status, body = contenders.fetch(url, headers)
            if status == 200 and body.decode() == contenders.BODY:
                return
            raise RuntimeError(f"{url} answers {status}: {body[:200]}")
        except urllib.error.HTTPError as error:
            # A gateway may still be fetching its keys, reading its routes or probing its upstream.
            if error.code not in (502, 503, 401, 404) or time.monotonic() > deadline:
                raise RuntimeError(f"{url} answers {error.code}: {error.read()[:300]}") from error
            time.sleep(0.1)


def run_rounds(bench, table, starters, rounds, seconds, token=None, path="/"):
    for index in range(rounds):
        results = {}
        # The order turns from round to round, so that a drifting machine favours nobody.
        names = list(starters)
        for name in names[index % len(names):] + names[:index % len(names)]:
            results[name] = measure(bench, starters[name](), seconds, token, path)
        table.add(results)
    return table


def fixed(bench, rounds, seconds):
    table = Table("Fixed JSON answer, 64 keep-alive connections, one core", "nginx")
    return run_rounds(bench, table, {
        "nginx": lambda: contenders.nginx(bench, "nginx-fixed.conf"),
        "tollgate": lambda: contenders.fixed_server(bench),
        "haproxy": lambda: contenders.haproxy(bench, "haproxy-fixed.cfg"),
        "envoy": lambda: contenders.envoy(bench, "envoy-fixed.yaml.in"),
    }, rounds, seconds)


def proxy(bench, rounds, seconds):
    backend, port = contenders.nginx(bench, "nginx-fixed.conf", cores=bench.load_core)
    table = Table("Plain reverse proxy, 64 keep-alive connections, one core", "nginx")
    try:
        return run_rounds(bench, table, {
            "nginx": lambda: contenders.nginx(bench, "nginx-proxy.conf", BACKEND=port),
            "tollgate": lambda: contenders.gateway(bench, "gateway-proxy.yaml.in", port, "off", rate_limits="off"),
            "haproxy": lambda: contenders.haproxy(bench, "haproxy-proxy.cfg", BACKEND=port),
            "envoy": lambda: contenders.envoy(bench, "envoy-proxy.yaml.in", BACKEND=port),
            "traefik": lambda: contenders.traefik(bench, "traefik-proxy.yaml.in", BACKEND=port),
            "caddy": lambda: contenders.caddy(bench, "caddy-proxy.Caddyfile", BACKEND=port),
        }, rounds, seconds)
    finally:
        backend.stop()


def full(bench, rounds, seconds):
    backend, port = contenders.nginx(bench, "nginx-fixed.conf", cores=bench.load_core)
    table = Table("Proxy with ES256 JWT, rate limit per client, access log and metrics (nginx, Traefik, Caddy: plain proxies)", "nginx")
    token = bench.key.access_token()
    try:
        return run_rounds(bench, table, {
            "nginx": lambda: contenders.nginx(bench, "nginx-proxy.conf", BACKEND=port),
            "tollgate": lambda: contenders.gateway(bench, "gateway-full.yaml.in", port, "on"),
            "tollgate, everything": lambda: contenders.gateway(bench, "gateway-everything.yaml.in", port, "on"),
            "haproxy": lambda: contenders.haproxy(bench, "haproxy-full.cfg", BACKEND=port),
            "envoy": lambda: contenders.envoy(bench, "envoy-full.yaml.in", BACKEND=port),
            "traefik": lambda: contenders.traefik(bench, "traefik-proxy.yaml.in", BACKEND=port),
            "caddy": lambda: contenders.caddy(bench, "caddy-proxy.Caddyfile", BACKEND=port),
        }, rounds, seconds, token=token)
    finally:
        backend.stop()
