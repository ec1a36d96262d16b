#!/usr/bin/env python3
"""Enforces NetworkPolicies in the nodes' network namespaces, as a network plugin would: by rules of iptables for each pod,
which are made anew when pods, namespaces or policies change. What a policy says in a way that is not known here stops it.

usage: policies.py FOLDER"""
import hashlib
import json
import pathlib
import subprocess
import sys
import time

work = sys.argv[1]
KUBECTL = [f"{work}/bin/kubectl", "--kubeconfig", f"{work}/admin.kubeconfig"]
NODES = ["node1", "node2"]


def inside(namespace, command, **options):
    return subprocess.run(["nsenter", f"--net=/run/netns/tollgate-{namespace}", *command], text=True, **options)


def selects(selector, labels):
    unknown = set(selector) - {"matchLabels", "matchExpressions"}
    if unknown:
        raise ValueError(f"selector: {unknown}")
    if any(labels.get(key) != value for key, value in selector.get("matchLabels", {}).items()):
        return False
    for expression in selector.get("matchExpressions", []):
        key, values = expression["key"], expression.get("values", [])
        holds = {"In": labels.get(key) in values, "NotIn": labels.get(key) not in values,
                 "Exists": key in labels, "DoesNotExist": key not in labels}[expression["operator"]]
        if not holds:
            return False
    return True


def labels(thing):
    return thing["metadata"].get("labels") or {}


def port_of(pod, name):
    """The number of a port of this pod that is given by name."""
    for container in pod["spec"]["containers"]:
        for port in container.get("ports") or []:
            if port.get("name") == name:
                return port["containerPort"]
    return None


class Cluster:
    def __init__(self, items):
        self.namespaces = {item["metadata"]["name"]: labels(item) for item in items if item["kind"] == "Namespace"}
        self.policies = [item for item in items if item["kind"] == "NetworkPolicy"]
        self.pods = [item for item in items if item["kind"] == "Pod" and item["status"].get("podIP")
                     and not item["spec"].get("hostNetwork") and item["status"]["phase"] not in ("Succeeded", "Failed")]

    def peers(self, peer, namespace):
        """The pods that a policy of this namespace means."""
        for pod in self.pods:
            at = pod["metadata"]["namespace"]
            if "namespaceSelector" in peer:
                fits = selects(peer["namespaceSelector"], self.namespaces.get(at, {}))
            else:
                fits = at == namespace
            if fits and selects(peer.get("podSelector", {}), labels(pod)):
                yield pod

    def sources(self, peers, namespace):
        """Pairs of an address and the pod that has it."""
        if not peers:
            yield "0.0.0.0/0", None
        for peer in peers or []:
            if "ipBlock" in peer:
                if peer["ipBlock"].get("except"):
                    raise ValueError("ipBlock with except")
                yield peer["ipBlock"]["cidr"], None
            else:
                for pod in self.peers(peer, namespace):
                    yield pod["status"]["podIP"], pod

    def rules(self, pod, direction):
        """What may come to a pod or leave it; `None` where nothing isolates it."""
        side, key, flag = {"Ingress": ("ingress", "from", "-s"), "Egress": ("egress", "to", "-d")}[direction]
        isolated, allowed = False, []
        for policy in self.policies:
            spec, namespace = policy["spec"], policy["metadata"]["namespace"]
            if namespace != pod["metadata"]["namespace"] or not selects(spec.get("podSelector", {}), labels(pod)):
                continue
            if direction not in spec.get("policyTypes", ["Ingress"]):
                continue
            isolated = True
            for rule in spec.get(side) or []:
                for address, peer in self.sources(rule.get(key), namespace):
                    for port in rule.get("ports") or [None]:
                        match = self.port(port, pod if direction == "Ingress" else peer)
                        if match is not None:
                            allowed.append(f"{flag} {address} {match}")
        return sorted(set(allowed)) if isolated else None

    @staticmethod
    def port(port, target):
        if port is None:
            return ""
        if "endPort" in port:
            raise ValueError("endPort")
        protocol, number = port.get("protocol", "TCP").lower(), port.get("port")
        if number is None:
            return f"-p {protocol}"
        if isinstance(number, str):
            number = target and port_of(target, number)
        return None if number is None else f"-p {protocol} --dport {number}"

    def table(self, node):
        """All of it for one node, as iptables-restore reads it."""
        chains, first, rules = [], [], []
        for pod in self.pods:
            if pod["spec"].get("nodeName") != node:
                continue
            name = f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
            for direction, flag in (("Egress", "-s"), ("Ingress", "-d")):
                allowed = self.rules(pod, direction)
                if allowed is None:
                    continue
                chain = f"NP-{direction[0]}-{hashlib.sha256(pod['metadata']['uid'].encode()).hexdigest()[:16]}"
                chains.append(f":{chain} - [0:0]")
                first.append(f"-A NP {flag} {pod['status']['podIP']}/32 -j {chain}")
                rules += [f"-A {chain} {match} -j RETURN" for match in allowed]
                rules.append(f'-A {chain} -m comment --comment "{direction} {name}" -j DROP')
        return "\n".join(["*filter", ":NP - [0:0]", *chains, "-A NP -m conntrack --ctstate ESTABLISHED,RELATED -j RETURN",
                          # The last packets of connections that are gone: no policy's affair.
                          "-A NP -m conntrack --ctstate INVALID -j DROP", *first, *rules, "COMMIT", ""])


written, passes = {}, 0
for node in NODES:
    inside(node, ["iptables", "-w", "-N", "NP"], check=True)
    inside(node, ["iptables", "-w", "-I", "FORWARD", "-j", "NP"], check=True)
while True:
    got = inside("control", [*KUBECTL, "get", "pods,namespaces,networkpolicies", "-A", "-o", "json"], stdout=subprocess.PIPE)
    if got.returncode == 0:
        cluster = Cluster(json.loads(got.stdout)["items"])
        for node in NODES:
            table = cluster.table(node)
            if written.get(node) != table:
                inside(node, ["iptables-restore", "-w", "--noflush"], input=table, check=True)
                written[node] = table
        passes += 1
        pathlib.Path(work, "policies.passes").write_text(str(passes))
    time.sleep(0.5)
