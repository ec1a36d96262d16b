"""Probes ask for what is there."""
import functools
import os
import re

from .objects import SERVICES, name, running, settings, workloads

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
PROBES = ("startupProbe", "livenessProbe", "readinessProbe")
# What other people's programs serve, by their documentation.
OTHERS = {
    "otel-collector": {"/"},
    "jaeger": {"/status"},
    "elasticsearch": {"/", "/_cluster/health?local=true"},
    "kibana": {"/api/status"},
    "fluentd": {"/api/plugins.json"},
    "fluent-bit": {"/"},
    "webhook-egress": {"/ready"},
    "kong": {"/status", "/status/ready"},
    "cluster-autoscaler": {"/health-check"},
    "prometheus-adapter": {"/livez", "/readyz"},
}
# A sidecar that is not ready is no reason to take its service out. The pause container serves nothing.
NEEDED = {"fluent-bit": {"livenessProbe"}, "webhook-egress": {"livenessProbe"}, "pause": set(),
          # Whether it lives is asked by a connection: it has no path that says so for itself alone.
          "kibana": {"startupProbe", "readinessProbe"}}
# What depends on others: a restart would not mend them.
OF_OTHERS = {"/readyz", "/api/status", "/status/ready", "/_cluster/health?local=true"}


@functools.cache
def served():
    """The paths of the admin port, out of the sources."""
    with open(os.path.join(ROOT, "Sources/Chassis/Admin/AdminRoutes.swift"), encoding="utf-8") as file:
        return set(re.findall(r'router\.get\("(/[^"]+)"\)', file.read()))


def probes(objects):
    """Every container that runs has HTTP probes, at ports that it has and paths that it serves."""
    for o in workloads(objects):
        for c in running(o):
            yield from wrong(objects, o, c)


def wrong(objects, o, c):
    who = f'{name(o)}: {c["name"]}'
    ports = {p["name"]: p["containerPort"] for p in c.get("ports", [])}
    own = c["name"] in SERVICES
    paths = served() if own else OTHERS.get(c["name"], set())
    for probe in PROBES:
        get = c.get(probe, {}).get("httpGet")
        if get is None:
            if probe in NEEDED.get(c["name"], set(PROBES)):
                yield f"{who} has no HTTP {probe}"
            continue
        if get["port"] not in ports:
            yield f'{who}: {probe} uses port {get["port"]}, which it does not have'
        if probe == "livenessProbe" and get["path"] in OF_OTHERS:
            yield f'{who}: is restarted for what {get["path"]} says of others'
        if own and get["port"] != "admin":
            yield f"{who}: {probe} does not use the admin port"
        if get["path"] not in paths:
            yield f'{who}: {probe} asks for {get["path"]}, which it does not serve'
    if not c.get("livenessProbe") and NEEDED.get(c["name"], True):
        yield f"{who} has no livenessProbe"
    if own:
        environment = settings(objects, o, c)
        for port, setting in (("http", "PORT"), ("admin", "ADMIN_PORT")):
            if str(ports.get(port)) != environment.get(setting):
                yield f"{who}: port {port} is not its {setting}"
