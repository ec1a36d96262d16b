"""Memory of idle kept connections: resident memory with 10,000 of them, less that without, per connection; a second
after the last one was used, and five seconds after."""
import resource
import socket
import time

from . import contenders

# HAProxy needs two descriptors for each connection: where 20,000 are the limit, a hundred connections fewer.
COUNT = 10_000 if resource.getrlimit(resource.RLIMIT_NOFILE)[1] > 20_100 else 9_900
REQUEST = b"GET / HTTP/1.1\r\nHost: bench\r\n%s\r\n"


def open_idle(port, fields=b""):
    """Opens a connection, makes one request and keeps it: an idle connection that has been used."""
    s = socket.create_connection(("127.0.0.1", port), timeout=30)
    s.sendall(REQUEST % fields)
    answer = b""
    while contenders.BODY.encode() not in answer:
        part = s.recv(4096)
        if not part:
            raise RuntimeError(f"port {port} closed: {answer!r}")
        answer += part
    return s


def measure(started, fields=b""):
    process, port = started
    sockets = []
    try:
        for _ in range(50):
            open_idle(port, fields).close()
        time.sleep(1)
        before = process.rss_bytes()
        for _ in range(COUNT):
            sockets.append(open_idle(port, fields))
        kib = []
        for pause in (1, 4):
            time.sleep(pause)
            kib.append((process.rss_bytes() - before) / COUNT / 1024)
        return kib
    finally:
        for s in sockets:
            s.close()
        process.stop()


def run(bench):
    backend, jwks = contenders.nginx(bench, "nginx-fixed.conf", cores=bench.load_core)
    token = b"Authorization: Bearer %s\r\n" % bench.key.access_token().encode()
    starters = {
        "tollgate's gateway, tokens and limits on":
            lambda: contenders.gateway(bench, "gateway-full.yaml.in", jwks, "on"),
        "tollgate's server": lambda: contenders.fixed_server(bench),
        "nginx": lambda: contenders.nginx(bench, "nginx-fixed.conf"),
        "haproxy": lambda: contenders.haproxy(bench, "haproxy-fixed.cfg"),
        "envoy": lambda: contenders.envoy(bench, "envoy-fixed.yaml.in"),
    }
    lines = [f"### Memory of an idle kept connection at {COUNT:,}", "",
             "| contender | KiB per connection after 1 s | after 5 s |", "|---|---:|---:|"]
    for name, start in starters.items():
        soon, later = measure(start(), token)
        lines.append(f"| {name} | {soon:.1f} | {later:.1f} |")
    backend.stop()
    return "\n".join(lines + [""])
