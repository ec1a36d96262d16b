"""What goes wrong with a proxy of a mesh beside a service."""
import functools
import os
import re

from .objects import SERVICES, containers, kind, labels, matches, name, namespace, pod, settings, template, with_pods, workloads

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
# By which a pod says to each mesh what its proxy is to leave alone.
PAST = {"istio": "traffic.sidecar.istio.io/excludeInboundPorts", "linkerd": "config.linkerd.io/skip-inbound-ports"}


@functools.cache
def patience():
    """Seconds after which a service closes a connection that nothing was sent on."""
    with open(os.path.join(ROOT, "Sources/HTTP/Server/HTTPServerConfiguration.swift"), encoding="utf-8") as file:
        return int(re.search(r"idleTimeout = Duration\.seconds\((\d+)\)", file.read())[1])


def annotations(o):
    return template(o)["metadata"].get("annotations", {})


def mesh(objects, o):
    """The mesh whose proxy is put into a pod, or None."""
    if annotations(o).get("linkerd.io/inject") == "enabled":
        return "linkerd"
    if labels(o).get("sidecar.istio.io/inject") == "false":
        return None
    for n in kind(objects, "Namespace"):
        if n["metadata"]["name"] == namespace(o) and n["metadata"].get("labels", {}).get("istio-injection") == "enabled":
            return "istio"
    return None


def members(objects):
    """Whoever gets Istio's proxy is let out to istiod for its certificate, and has a rule who may call it; a job gets none,
    since it would not end with it."""
    for o in with_pods(objects):
        if mesh(objects, o) != "istio":
            continue
        if o not in workloads(objects):
            yield f"{name(o)}: gets a proxy, which outlives it"
            continue
        if not any(chooses(p, o) and speaks(p, 15012) for p in kind(objects, "NetworkPolicy")):
            yield f"{name(o)}: its proxy is not let out to istiod"
        if not any(
            namespace(a) == namespace(o) and a["spec"].get("selector") and matches(a["spec"]["selector"], labels(o))
            and SERVICES & set(a["spec"]["selector"]["matchLabels"].values()) for a in kind(objects, "AuthorizationPolicy")
        ):
            yield f"{name(o)}: nobody is authorized to call it"


def clients(objects):
    """Behind the proxy of a mesh all clients have its address: the gateway is told theirs by a front."""
    for o in workloads(objects):
        for c in pod(o)["containers"] if mesh(objects, o) else []:
            if c["name"] == "gateway" and settings(objects, o, c).get("TRUSTED_PROXIES", "0") == "0":
                yield f"{name(o)}: takes all clients for one, the proxy beside it"


def chooses(policy, o):
    return namespace(policy) == namespace(o) and matches(policy["spec"]["podSelector"], labels(o))


def speaks(policy, port):
    return any(p["port"] == port for rule in policy["spec"].get("egress", []) for p in rule.get("ports", []))


def probes(objects):
    """The node's probes of sidecars go past the proxy: no mesh hands these on, and a probe has no certificate."""
    for o in workloads(objects):
        joined = mesh(objects, o)
        past = set(annotations(o).get(PAST.get(joined), "").split(","))
        for c in pod(o).get("initContainers", []) if joined else []:
            ports = {p["name"]: p["containerPort"] for p in c.get("ports", [])}
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                if probe in c and str(ports.get(c[probe]["httpGet"]["port"])) not in past:
                    yield f'{name(o)}: the {probe} of {c["name"]} meets the proxy of {joined}'


def threads(objects):
    """Istio's proxy has a thread for each core of its limit, or of the node: its memory must not depend on where it runs."""
    for o in workloads(objects):
        if mesh(objects, o) == "istio":
            for limit in ("sidecar.istio.io/proxyCPULimit", "sidecar.istio.io/proxyMemoryLimit"):
                if limit not in annotations(o):
                    yield f"{name(o)}: has no {limit}"


def idle(objects):
    """Whoever keeps connections to a service lets go of them before the service does."""
    joined = {namespace(o) for o in workloads(objects) if mesh(objects, o) == "istio"}
    for r in kind(objects, "DestinationRule"):
        if not short(r["spec"].get("trafficPolicy", {}).get("connectionPool", {})):
            yield f"{name(r)}: keeps idle connections as long as the service does"
    for where in joined:
        if not any(namespace(s) == where and "workloadSelector" not in s["spec"]
                   and short(s["spec"].get("inboundConnectionPool", {})) for s in kind(objects, "Sidecar")):
            yield f"{where}: the services' own proxies keep idle connections as long as they do"
    for o in workloads(objects):
        for c in containers(o):
            found = [e["value"] for e in c.get("env", []) if e["name"] == "KONG_UPSTREAM_KEEPALIVE_IDLE_TIMEOUT"]
            if (c["name"] == "kong" and not found) or any(int(value) >= patience() for value in found):
                yield f"{name(o)}: keeps idle connections as long as the gateway does"


def short(pool):
    found = re.fullmatch(r"(\d+)s", pool.get("http", {}).get("idleTimeout", ""))
    return found is not None and int(found[1]) < patience()
