"""Network policies allow the edges that exist: what is configured, and what docs/operations/network.md lists."""
import functools
import ipaddress
import os
import re

from .objects import PLATFORM_NAMESPACES, SERVICES, containers, kind, labels, matches, name, namespace, pod, running
from .objects import settings, with_pods, workloads

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
ANYWHERE = "anywhere"
PUBLIC = "public addresses"
# Whose upstreams are URLs in their own settings.
CONFIGURED = SERVICES | {"kong"}


def place(o):
    """Namespace and name of the application: two colours of a gateway are one place."""
    return f'{namespace(o)}/{labels(o)["app.kubernetes.io/name"]}'


def end(objects, where, selector):
    """The places that a selector in a namespace means: workloads that are rendered, else what it is looking for."""
    found = {place(o) for o in workloads(objects) if namespace(o) == where and matches(selector, labels(o))}
    if found:
        return found
    wanted = list((selector.get("matchLabels") or {}).values()) or ["*"]
    return {f"{where}/{value}" for value in wanted}


@functools.cache
def public():
    """The ranges of all public addresses, each with what is not public in it, as payments-service judges webhooks."""
    with open(os.path.join(ROOT, "Sources/PaymentsService/Webhooks/AddressRules.swift"), encoding="utf-8") as file:
        sources = file.read()

    def ranges(name):
        listed = re.search(name + r" = networks\((.*?)\n\n", sources, re.DOTALL)[1]
        return re.findall(r'"([0-9a-f.:]+/\d+)"', listed)

    return {"0.0.0.0/0": set(ranges("reservedIPv4")), ranges("globalUnicast")[0]: set(ranges("reservedIPv6"))}


def ends(objects, policy, peers):
    if not peers:
        return {ANYWHERE}
    found = set()
    for peer in peers:
        if "ipBlock" in peer:
            block = peer["ipBlock"]
            found.add(PUBLIC if public().get(block["cidr"]) == set(block.get("except", [])) else block["cidr"])
            continue
        where = namespace(policy)
        if "namespaceSelector" in peer:
            where = peer["namespaceSelector"].get("matchLabels", {}).get("kubernetes.io/metadata.name", "*")
        if "namespaceSelector" in peer and "podSelector" not in peer:
            found.add(f"{where}/*")
        else:
            found |= end(objects, where, peer.get("podSelector", {}))
    return found


def allowed(objects, direction):
    """(from, to, port) that a policy lets in or out."""
    found = set()
    for p in kind(objects, "NetworkPolicy"):
        inside = end(objects, namespace(p), p["spec"]["podSelector"]) if p["spec"]["podSelector"] else {"every pod"}
        for rule in p["spec"].get(direction, []):
            outside = ends(objects, p, rule.get("from" if direction == "ingress" else "to"))
            for port in rule.get("ports", [{"port": "every port"}]):
                for i in inside:
                    for o in outside:
                        found.add((o, i, port["port"]) if direction == "ingress" else (i, o, port["port"]))
    return found


@functools.cache
def documented():
    """The edges of the table in docs/operations/network.md."""
    every = ["tollgate/" + service for service in SERVICES]
    found = set()
    with open(os.path.join(ROOT, "docs/operations/network.md"), encoding="utf-8") as file:
        for line in file:
            cells = [cell.strip().strip("`") for cell in line.strip().strip("|").split("|")]
            if len(cells) != 5 or not re.fullmatch(r"[\d, ]+", cells[2]):
                continue
            for source in every if cells[0] == "services" else [cells[0]]:
                for target in every if cells[1] == "services" else [cells[1]]:
                    found |= {(source, target, int(port)) for port in cells[2].split(",")}
    return found


def denied(objects):
    """Where pods run, everything is denied that is not allowed."""
    for where in {namespace(o) for o in with_pods(objects)} - PLATFORM_NAMESPACES:
        if not any(
            namespace(p) == where and p["spec"]["podSelector"] == {} and not p["spec"].get("ingress")
            and not p["spec"].get("egress") and set(p["spec"]["policyTypes"]) == {"Ingress", "Egress"}
            for p in kind(objects, "NetworkPolicy")
        ):
            yield f"{where}: nothing denies by default"


def texts(objects, o, container):
    """The settings of a container, and the files of its ConfigMaps without comments."""
    yield from settings(objects, o, container).values()
    mounts = {m["name"] for m in container.get("volumeMounts", [])}
    names = {v["configMap"]["name"] for v in pod(o).get("volumes", []) if "configMap" in v and v["name"] in mounts}
    for m in kind(objects, "ConfigMap"):
        if m["metadata"]["name"] in names and namespace(m) == namespace(o):
            for text in (m.get("data") or {}).values():
                yield re.sub(r"(?m)^\s*#.*$", "", text)


def port_of(objects, where, service, port):
    """The port of the pods behind a Service's port."""
    for s in kind(objects, "Service"):
        if s["metadata"]["name"] == service and namespace(s) == where:
            for p in s["spec"]["ports"]:
                for o in workloads(objects):
                    for c in running(o) if p["port"] == port else []:
                        for q in c.get("ports", []):
                            if q["name"] == p["targetPort"] and labels(o).items() >= s["spec"]["selector"].items():
                                return place(o), q["containerPort"]
    return f"{where}/{service}", port


def configured(objects):
    """(from, to, port) of each URL in the settings of those who have upstreams, but for themselves."""
    found = set()
    for o in workloads(objects):
        for c in containers(o):
            for text in texts(objects, o, c) if c["name"] in CONFIGURED else []:
                for host, where, port in re.findall(r"http://([a-z][a-z-]*)(?:\.([a-z-]+))?:(\d+)", text):
                    target, real = port_of(objects, where or namespace(o), host, int(port))
                    if target != place(o):
                        found.add((place(o), target, real))
    return found


def upstreams(objects):
    """Each configured upstream may be reached: its caller is let out, and let in at the other end."""
    out, into = allowed(objects, "egress"), allowed(objects, "ingress")
    for source, target, port in sorted(configured(objects)):
        if (source, target, port) not in out:
            yield f"{source} is not let out to {target}:{port}"
        if not {(source, target, port), (ANYWHERE, target, port)} & into:
            yield f"{source} is not let in at {target}:{port}"


def platform(objects):
    """Each edge that is allowed is a configured upstream, or in the documented list."""
    known = configured(objects) | documented()
    for source, target, port in sorted(allowed(objects, "egress") | allowed(objects, "ingress"), key=str):
        if (source, target, port) not in known:
            yield f"{source} → {target}:{port} is neither a configured upstream nor in docs/operations/network.md"


def fronts(objects):
    """A controller of the Gateway API may run its proxies beside the Gateway: nothing is denied there that they need."""
    closed = {namespace(p) for p in kind(objects, "NetworkPolicy") if p["spec"]["podSelector"] == {}}
    for g in kind(objects, "Gateway"):
        if g["apiVersion"].startswith("gateway.networking.k8s.io/") and namespace(g) in closed:
            yield f"{name(g)}: its proxies would be cut off in {namespace(g)}"


def closed(objects):
    """Where a front says who the client is, nobody reaches the gateway past it. The base's policy for everybody is there
    and empty: one that is not applied any more would stay in the cluster as it was."""
    ours = {p["metadata"]["name"]: p["spec"] for p in kind(objects, "NetworkPolicy") if namespace(p) == "tollgate"}
    if "default-deny" in ours and "front" not in ours:
        yield "NetworkPolicy/front: is not applied, and stays as it was"
    for o in workloads(objects):
        for c in pod(o)["containers"]:
            told = c["name"] == "gateway" and settings(objects, o, c).get("TRUSTED_PROXIES", "0") != "0"
            if told and ours.get("front", {}).get("ingress"):
                yield f"{name(o)}: believes what everybody may say"


def proxies(objects):
    """The proxy of webhooks refuses the same addresses as payments-service does."""
    excepted = {ipaddress.ip_network(each) for ranges in public().values() for each in ranges}
    routed = [ipaddress.ip_network(each) for each in public() if ":" in each]
    outside = [n for one in routed for n in ipaddress.ip_network("::/0").address_exclude(one)]
    for m in kind(objects, "ConfigMap"):
        text = (m.get("data") or {}).get("envoy.yaml")
        if text is None:
            continue
        found = {ipaddress.ip_network(f"{address}/{length}") for address, length in re.findall(
            r'address_prefix: "?([0-9a-f.:]+)"?, prefix_len: (\d+)', text)}
        for network in sorted((excepted | set(outside)) ^ found, key=str):
            yield f"{name(m)}: {network} is refused by one of Envoy and AddressRules.swift"


def both_ends(objects):
    """An edge between two workloads that are rendered is allowed at both ends."""
    out, into = allowed(objects, "egress"), allowed(objects, "ingress")
    places = {place(o) for o in workloads(objects)}
    for edge in sorted(out - into, key=str):
        if edge[1] in places and (ANYWHERE, *edge[1:]) not in into:
            yield f"{edge[0]} is let out to {edge[1]}:{edge[2]}, but not let in there"
    for edge in sorted(into - out, key=str):
        if edge[0] in places:
            yield f"{edge[0]} is let in at {edge[1]}:{edge[2]}, but not let out to it"
    for p in kind(objects, "NetworkPolicy"):
        for direction, kinds in (("ingress", "Ingress"), ("egress", "Egress")):
            if p["spec"].get(direction) and kinds not in p["spec"]["policyTypes"]:
                yield f"{name(p)}: has rules of {direction} that its types leave out"
