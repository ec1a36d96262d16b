#!/usr/bin/env python3
"""Checks rendered Kubernetes objects against the rules of this project.

usage: check_policies.py FILE      prints each breach and exits 1
       check_policies.py --self-test   plants a mistake for each rule and expects it to be caught
"""
import copy
import re
import subprocess
import sys

import yaml

SECRETS_MADE_AT_INSTALL = {
    "gateway-identity": {"identity.pem"},
    "user-service-identity": {"identity.pem"},
    "user-service-encryption": {"encryption.key"},
    "payments-service-callbacks": {"callback.secret"},
    "payments-service-identity": {"identity.pem"},
    "admin-token": {"token"},
}
CONFIG_MAPS_MADE_AT_INSTALL = {"identity-peers"}
ADMIN_PATHS = {"/livez", "/readyz", "/metrics", "/version"}
ON_SQLITE = {"user-service", "payments-service"}


def kind(objects, *names):
    return [o for o in objects if o["kind"] in names]


def workloads(objects):
    return kind(objects, "Deployment", "StatefulSet", "DaemonSet")


def name(o):
    return f'{o["kind"]}/{o["metadata"]["name"]}'


def restricted(objects):
    """Every pod satisfies Pod Security `restricted`, with a read-only root and no token."""
    for o in workloads(objects):
        pod = o["spec"]["template"]["spec"]
        context = pod.get("securityContext", {})
        if not context.get("runAsNonRoot"):
            yield f"{name(o)}: runAsNonRoot is not set"
        if context.get("seccompProfile", {}).get("type") != "RuntimeDefault":
            yield f"{name(o)}: no seccomp profile"
        if pod.get("automountServiceAccountToken") is not False:
            yield f"{name(o)}: mounts a service account token"
        for c in pod["containers"] + pod.get("initContainers", []):
            security = c.get("securityContext", {})
            if security.get("allowPrivilegeEscalation") is not False:
                yield f'{name(o)}: {c["name"]} may escalate privileges'
            if security.get("readOnlyRootFilesystem") is not True:
                yield f'{name(o)}: {c["name"]} has a writable root'
            if security.get("capabilities", {}).get("drop") != ["ALL"]:
                yield f'{name(o)}: {c["name"]} keeps capabilities'


def probes(objects):
    """Probes point at paths and ports that exist."""
    for o in workloads(objects):
        for c in o["spec"]["template"]["spec"]["containers"]:
            ports = {p["name"]: p["containerPort"] for p in c.get("ports", [])}
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                get = c.get(probe, {}).get("httpGet")
                if get is None:
                    yield f'{name(o)}: {c["name"]} has no HTTP {probe}'
                    continue
                if get["port"] not in ports:
                    yield f'{name(o)}: {probe} uses port {get["port"]}, which {c["name"]} does not have'
                if get["path"] not in ADMIN_PATHS:
                    yield f'{name(o)}: {probe} asks for {get["path"]}, which no service serves'


def resources(objects):
    """Every container has requests and a memory limit."""
    for o in workloads(objects):
        for c in o["spec"]["template"]["spec"]["containers"]:
            r = c.get("resources", {})
            if not {"cpu", "memory"} <= set(r.get("requests", {})) or "memory" not in r.get("limits", {}):
                yield f'{name(o)}: {c["name"]} lacks requests or a memory limit'


def selectors(objects):
    """Every Service and NetworkPolicy selects pods, and a Service's target port exists on them."""
    for s in kind(objects, "Service"):
        chosen = [o for o in workloads(objects) if matches(s["spec"]["selector"], labels(o))]
        if not chosen:
            yield f"{name(s)}: selects no pod"
        for o in chosen:
            ports = {p["name"] for c in o["spec"]["template"]["spec"]["containers"] for p in c.get("ports", [])}
            for p in s["spec"]["ports"]:
                if p["targetPort"] not in ports:
                    yield f'{name(s)}: target port {p["targetPort"]} is not on {name(o)}'
    for p in kind(objects, "NetworkPolicy"):
        wanted = p["spec"]["podSelector"].get("matchLabels", {})
        if wanted and not any(matches(wanted, labels(o)) for o in workloads(objects)):
            yield f"{name(p)}: selects no pod"


def labels(o):
    return o["spec"]["template"]["metadata"]["labels"]


def matches(selector, found):
    return all(found.get(k) == v for k, v in selector.items())


def references(objects):
    """Every ConfigMap and Secret that a pod names exists, here or among what the install makes."""
    maps = {m["metadata"]["name"] for m in kind(objects, "ConfigMap")} | CONFIG_MAPS_MADE_AT_INSTALL
    secrets = {s["metadata"]["name"] for s in kind(objects, "Secret")} | set(SECRETS_MADE_AT_INSTALL)
    for o in workloads(objects):
        pod = o["spec"]["template"]["spec"]
        volumes = {v["name"] for v in pod.get("volumes", [])}
        volumes |= {v["metadata"]["name"] for v in o["spec"].get("volumeClaimTemplates", [])}
        for v in pod.get("volumes", []):
            if "configMap" in v and v["configMap"]["name"] not in maps:
                yield f'{name(o)}: ConfigMap {v["configMap"]["name"]} does not exist'
            if "secret" in v and v["secret"]["secretName"] not in secrets and not v["secret"].get("optional"):
                yield f'{name(o)}: Secret {v["secret"]["secretName"]} does not exist'
        for c in pod["containers"]:
            for source in c.get("envFrom", []):
                if source.get("configMapRef", {}).get("name") not in maps:
                    yield f'{name(o)}: ConfigMap {source["configMapRef"]["name"]} does not exist'
            for mount in c.get("volumeMounts", []):
                if mount["name"] not in volumes:
                    yield f'{name(o)}: volume {mount["name"]} does not exist'


def edges(objects):
    """Each configured upstream URL is a NetworkPolicy edge of the gateway, and everything else is denied."""
    policies = {p["metadata"]["name"]: p["spec"] for p in kind(objects, "NetworkPolicy")}
    if policies.get("default-deny", {}).get("podSelector") != {}:
        yield "NetworkPolicy/default-deny: missing"
    allowed = {
        peer["podSelector"]["matchLabels"]["app.kubernetes.io/name"]
        for rule in policies.get("gateway", {}).get("egress", [])
        for peer in rule.get("to", [])
    }
    for m in kind(objects, "ConfigMap"):
        for key, value in (m.get("data") or {}).items():
            upstream = re.fullmatch(r"http://([a-z-]+):8080", value)
            if upstream and upstream[1] not in allowed:
                yield f"{name(m)}: the gateway may not reach {key}={value}"


def writers(objects):
    """A service on SQLite has one replica and is never scaled."""
    for o in workloads(objects):
        if o["metadata"]["name"] in ON_SQLITE and (o["kind"] != "StatefulSet" or o["spec"].get("replicas") != 1):
            yield f"{name(o)}: a service on SQLite has exactly one replica, in a StatefulSet"
    for h in kind(objects, "HorizontalPodAutoscaler"):
        if h["spec"]["scaleTargetRef"]["name"] in ON_SQLITE:
            yield f"{name(h)}: scales a service on SQLite"


def grace(objects):
    """The pod's grace is longer than its drain."""
    settings = next(m["data"] for m in kind(objects, "ConfigMap") if m["metadata"]["name"].startswith("tollgate-"))
    drain = int(settings["DRAIN_DELAY_SECONDS"]) + int(settings["SHUTDOWN_GRACE_SECONDS"])
    for o in workloads(objects):
        pod = o["spec"]["template"]["spec"]
        pause = max(c.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0) for c in pod["containers"])
        if pause == 0:
            yield f"{name(o)}: no preStop"
        if pod.get("terminationGracePeriodSeconds", 30) <= pause + drain:
            yield f"{name(o)}: terminationGracePeriodSeconds is not above preStop and drain, {pause + drain} s"


def replicas(objects):
    """What an autoscaler scales has no number of its own, and requests to reckon with."""
    for h in kind(objects, "HorizontalPodAutoscaler"):
        target = h["spec"]["scaleTargetRef"]
        scaled = [o for o in workloads(objects) if name(o) == f'{target["kind"]}/{target["name"]}']
        if not scaled:
            yield f"{name(h)}: its target does not exist"
        for o in scaled:
            if "replicas" in o["spec"]:
                yield f"{name(o)}: has replicas beside {name(h)}: each apply would undo what that decided"


def no_secrets(objects):
    """No Secret is in the repository."""
    for s in kind(objects, "Secret"):
        yield f"{name(s)}: secrets are made at install, never rendered"


RULES = [restricted, probes, resources, selectors, references, edges, writers, grace, replicas, no_secrets]


def breaches(objects):
    return [f"{rule.__name__}: {text}" for rule in RULES for text in rule(objects)]


def self_test():
    rendered = subprocess.run(
        ["kubectl", "kustomize", "deploy/overlays/dev"], check=True, capture_output=True, text=True
    ).stdout
    good = [o for o in yaml.safe_load_all(rendered) if o]

    def pod(objects):
        return next(o for o in objects if o["kind"] == "Deployment")["spec"]["template"]["spec"]

    def find(objects, what, called):
        return next(o for o in objects if o["kind"] == what and o["metadata"]["name"] == called)

    mistakes = {
        "restricted": lambda o: pod(o)["containers"][0]["securityContext"].pop("capabilities"),
        "probes": lambda o: pod(o)["containers"][0]["livenessProbe"]["httpGet"].update(path="/healthz"),
        "resources": lambda o: pod(o)["containers"][0].pop("resources"),
        "selectors": lambda o: find(o, "Service", "gateway")["spec"]["selector"].update({"app.kubernetes.io/name": "x"}),
        "references": lambda o: pod(o)["volumes"][0]["secret"].update(secretName="missing"),
        "edges": lambda o: find(o, "NetworkPolicy", "gateway")["spec"]["egress"][0]["to"].pop(),
        "writers": lambda o: find(o, "StatefulSet", "user-service")["spec"].update(replicas=2),
        "grace": lambda o: pod(o).update(terminationGracePeriodSeconds=10),
        "replicas": lambda o: find(o, "Deployment", "gateway")["spec"].update(replicas=3),
        "no_secrets": lambda o: o.append({"kind": "Secret", "metadata": {"name": "planted"}}),
    }
    missed = []
    for rule, plant in mistakes.items():
        objects = copy.deepcopy(good)
        plant(objects)
        if not any(text.startswith(rule + ":") for text in breaches(objects)):
            missed.append(rule)
    if set(mistakes) != {rule.__name__ for rule in RULES}:
        missed.append("a rule has no planted mistake")
    for rule in missed:
        print(f"policies: a planted mistake was not caught: {rule}")
    return 1 if missed else 0


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    with open(sys.argv[1]) as file:
        found = breaches([o for o in yaml.safe_load_all(file) if o])
    for text in found:
        print(text)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
