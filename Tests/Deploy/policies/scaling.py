"""How many there are, who decides, and how many may be away."""
import functools

import celpy

from .objects import SERVICES, kind, labels, matches, name, namespace, pod, running, template, workloads

ON_SQLITE = {"user-service", "payments-service"}
RESOURCES = {
    "StatefulSet": ("apps", "statefulsets"),
    "Deployment": ("apps", "deployments"),
    "HorizontalPodAutoscaler": ("autoscaling", "horizontalpodautoscalers"),
    "ScaledObject": ("keda.sh", "scaledobjects"),
    "Scale": ("apps", "statefulsets/scale"),
    "Rollout": ("argoproj.io", "rollouts"),
}


def writers(objects):
    """A service on SQLite has one replica, in a StatefulSet, and nothing scales it."""
    for o in workloads(objects):
        if o["metadata"]["name"] in ON_SQLITE and (o["kind"] != "StatefulSet" or o["spec"].get("replicas") != 1):
            yield f"{name(o)}: a service on SQLite has exactly one replica, in a StatefulSet"
    for h in kind(objects, "HorizontalPodAutoscaler", "ScaledObject"):
        if h["spec"]["scaleTargetRef"]["name"] in ON_SQLITE:
            yield f"{name(h)}: scales a service on SQLite"
    for v in kind(objects, "VerticalPodAutoscaler"):
        if v["spec"]["updatePolicy"]["updateMode"] != "Off":
            yield f"{name(v)}: does more than recommend"


def target(objects, h):
    wanted = h["spec"]["scaleTargetRef"]
    return [
        o for o in workloads(objects)
        if name(o) == f'{wanted["kind"]}/{wanted["name"]}' and namespace(o) == namespace(h)
    ]


def autoscalers(objects):
    """What an autoscaler scales exists, has no number of its own, and requests what is reckoned with."""
    for h in kind(objects, "HorizontalPodAutoscaler"):
        found = target(objects, h)
        if not found:
            yield f"{name(h)}: its target does not exist"
        for o in found:
            if "replicas" in o["spec"]:
                yield f"{name(o)}: has replicas beside {name(h)}: each apply would undo what that decided"
            for m in h["spec"]["metrics"]:
                yield from unreckoned(h, o, m)
        if not 1 <= h["spec"]["minReplicas"] <= h["spec"]["maxReplicas"]:
            yield f"{name(h)}: its least is above its most"


def unreckoned(h, o, metric):
    """A share is one of the request of a container, and of the service's alone: the whole pod's is its sidecars' too."""
    if metric["type"] == "Resource":
        yield f"{name(h)}: reckons with the sidecars of {name(o)} too"
    if metric["type"] != "ContainerResource":
        return
    wanted, what = metric["containerResource"]["container"], metric["containerResource"]["name"]
    found = [c for c in pod(o)["containers"] if c["name"] == wanted]
    if not found:
        yield f"{name(h)}: {name(o)} has no container {wanted}"
    for c in found:
        if what not in c.get("resources", {}).get("requests", {}):
            yield f"{name(h)}: {wanted} requests no {what}, of which it reckons a share"


def count(objects, o):
    """The replicas that there are at least."""
    for h in kind(objects, "HorizontalPodAutoscaler"):
        if o in target(objects, h):
            return h["spec"]["minReplicas"]
    return o["spec"].get("replicas", 1)


def budgets(objects):
    """Each service has a budget, and each budget lets a node be drained. So does no pod with two of them: the API server
    evicts none of which it does not know whose budget counts."""
    covered = []
    for b in kind(objects, "PodDisruptionBudget"):
        for o in workloads(objects):
            if namespace(o) == namespace(b) and matches(b["spec"]["selector"], labels(o)):
                covered.append(o)
                if room(b["spec"], count(objects, o)) < 1:
                    yield f"{name(b)}: leaves no room for a drain of {name(o)}"
    for o in workloads(objects):
        if covered.count(o) > 1:
            yield f"{name(o)}: has {covered.count(o)} budgets, and so is never evicted"
        if o not in covered and SERVICES & {c["name"] for c in running(o)}:
            yield f"{name(o)}: has no budget"


def nodes(objects):
    """No node is taken away under a service that is alone, only to save one."""
    if any(name(o) == "Deployment/cluster-autoscaler" for o in workloads(objects)):
        for o in workloads(objects):
            kept = template(o)["metadata"].get("annotations", {}).get("cluster-autoscaler.kubernetes.io/safe-to-evict")
            if o["metadata"]["name"] in ON_SQLITE and kept != "false":
                yield f"{name(o)}: is moved when a node is to be saved"


def providers(objects):
    """The Cluster API's autoscaler may read the templates of machines, whoever's they are: it waits for them otherwise."""
    readable = {
        group for r in kind(objects, "ClusterRole") for rule in r["rules"]
        if "*" in rule["resources"] and {"get", "list", "watch"} <= set(rule["verbs"]) for group in rule["apiGroups"]
    }
    for o in workloads(objects):
        for c in pod(o)["containers"]:
            if "--cloud-provider=clusterapi" in c.get("args", []) and "infrastructure.cluster.x-k8s.io" not in readable:
                yield f"{name(o)}: may not read what machines are made after"


def room(spec, replicas):
    def number(value):
        return replicas * int(value.rstrip("%")) / 100 if isinstance(value, str) else value

    if "maxUnavailable" in spec:
        return number(spec["maxUnavailable"])
    return replicas - number(spec.get("minAvailable", replicas))


def example(what, called, spec):
    return {"kind": what, "metadata": {"name": called}, "spec": spec}


REFUSED = [
    example("StatefulSet", "user-service", {"replicas": 2}),
    example("StatefulSet", "payments-service", {"replicas": 3}),
    example("Scale", "user-service", {"replicas": 2}),
    example("Deployment", "payments-service", {"replicas": 1}),
    example("Rollout", "user-service", {"replicas": 1}),
    example("HorizontalPodAutoscaler", "x", {"scaleTargetRef": {"kind": "StatefulSet", "name": "user-service"}}),
    example("ScaledObject", "x", {"scaleTargetRef": {"name": "payments-service"}}),
]
ADMITTED = [
    example("StatefulSet", "user-service", {"replicas": 1}),
    # Zero is left out of a Scale.
    example("Scale", "payments-service", {}),
    {"kind": "Scale", "metadata": {"name": "user-service"}},
    example("Deployment", "gateway", {"replicas": 20}),
    example("HorizontalPodAutoscaler", "x", {"scaleTargetRef": {"kind": "Deployment", "name": "gateway"}}),
]


def admission(objects):
    """The admission policies, evaluated here, refuse a second writer and let everything else pass."""
    labels_of = {n["metadata"]["name"]: n["metadata"].get("labels", {}) for n in kind(objects, "Namespace")}
    bound = {
        b["spec"]["policyName"] for b in kind(objects, "ValidatingAdmissionPolicyBinding")
        if "Deny" in b["spec"]["validationActions"]
    }
    policies = [
        p for p in kind(objects, "ValidatingAdmissionPolicy")
        if p["metadata"]["name"] in bound and p["spec"]["failurePolicy"] == "Fail"
        and matches(p["spec"]["matchConstraints"]["namespaceSelector"], labels_of.get("tollgate", {}))
    ]
    rendered = [
        o for o in kind(objects, *RESOURCES) if namespace(o) == "tollgate" and o["metadata"]["name"] not in ON_SQLITE
    ]
    for o in REFUSED:
        if not any(refuses(p, o) for p in policies):
            yield f"{name(o)} {o['spec']}: no admission policy refuses it"
    for o in ADMITTED + rendered:
        for p in policies:
            if refuses(p, o):
                yield f"{name(o)}: {name(p)} refuses it"


def refuses(policy, o):
    group, resource = RESOURCES[o["kind"]]
    if not any(
        group in rule["apiGroups"] and resource in rule["resources"] and {"CREATE", "UPDATE"} <= set(rule["operations"])
        for rule in policy["spec"]["matchConstraints"]["resourceRules"]
    ):
        return False
    if not all(holds(c["expression"], o) for c in policy["spec"].get("matchConditions", [])):
        return False
    return not all(holds(v["expression"], o) for v in policy["spec"]["validations"])


@functools.cache
def compiled(expression):
    environment = celpy.Environment()
    return environment.program(environment.compile(expression))


def holds(expression, o):
    request = {"kind": {"kind": o["kind"]}}
    # What matters: everything else of a rendered object would only have to be translated.
    seen = {"kind": o["kind"], "metadata": {"name": o["metadata"]["name"]}}
    if "spec" in o:
        seen["spec"] = {
            member: o["spec"][member] for member in ("replicas", "scaleTargetRef") if member in o["spec"]
        }
    return bool(compiled(expression).evaluate({"object": celpy.json_to_cel(seen), "request": celpy.json_to_cel(request)}))
