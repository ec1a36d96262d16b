"""Who is meant by a selector is there."""
from .objects import kind, labels, matches, name, namespace, pod, running, with_pods, workloads


def chosen(objects, o, selector):
    return [w for w in with_pods(objects) if namespace(w) == namespace(o) and matches(selector, labels(w))]


def services(objects):
    """Every Service selects pods of one workload, on which its target ports exist."""
    for s in kind(objects, "Service"):
        found = chosen(objects, s, {"matchLabels": s["spec"]["selector"]})
        if not found:
            yield f"{name(s)}: selects no pod"
        for o in found:
            if o not in workloads(objects):
                yield f"{name(s)}: selects the pods of {name(o)}, which serves nothing"
            ports = {p["name"] for c in running(o) for p in c.get("ports", [])}
            for p in s["spec"]["ports"]:
                if p["targetPort"] not in ports:
                    yield f'{name(s)}: target port {p["targetPort"]} is not on {name(o)}'
    for s in kind(objects, "StatefulSet"):
        if not any(
            v["metadata"]["name"] == s["spec"]["serviceName"] and namespace(v) == namespace(s)
            and v["spec"].get("clusterIP") == "None" for v in kind(objects, "Service")
        ):
            yield f'{name(s)}: its headless Service {s["spec"]["serviceName"]} does not exist'


def policies(objects):
    """Network policies, budgets and spread constraints select pods; workloads select their own."""
    for p in kind(objects, "NetworkPolicy"):
        if p["spec"]["podSelector"] and not chosen(objects, p, p["spec"]["podSelector"]):
            yield f"{name(p)}: selects no pod"
    for b in kind(objects, "PodDisruptionBudget"):
        if not chosen(objects, b, b["spec"]["selector"]):
            yield f"{name(b)}: selects no pod"
    for o in workloads(objects):
        if not matches(o["spec"]["selector"], labels(o)):
            yield f"{name(o)}: does not select its own pods"
        for constraint in pod(o).get("topologySpreadConstraints", []):
            if not matches(constraint["labelSelector"], labels(o)):
                yield f"{name(o)}: spreads other pods than its own"
        for other in workloads(objects):
            if other is not o and namespace(other) == namespace(o) and matches(o["spec"]["selector"], labels(other)):
                yield f"{name(o)}: selects the pods of {name(other)} too"


def monitors(objects):
    """A ServiceMonitor selects the headless Services of all three services, at a port that they have."""
    for m in kind(objects, "ServiceMonitor"):
        found = [
            s for s in kind(objects, "Service")
            if namespace(s) in m["spec"]["namespaceSelector"]["matchNames"]
            and matches(m["spec"]["selector"], s["metadata"].get("labels", {}))
        ]
        if len(found) != 3:
            yield f"{name(m)}: selects {len(found)} Services, not three"
        for s in found:
            for endpoint in m["spec"]["endpoints"]:
                if endpoint["port"] not in {p["name"] for p in s["spec"]["ports"]}:
                    yield f'{name(m)}: {name(s)} has no port {endpoint["port"]}'
