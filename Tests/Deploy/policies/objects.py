"""Looking at rendered objects."""

WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "Rollout")
JOBS = ("Job", "CronJob")
SERVICES = {"gateway", "user-service", "payments-service"}
PLATFORM_NAMESPACES = {"kube-system"}


def kind(objects, *names):
    return [o for o in objects if o["kind"] in names]


def name(o):
    return f'{o["kind"]}/{o["metadata"]["name"]}'


def namespace(o):
    return o["metadata"].get("namespace", "")


def workloads(objects):
    return [o for o in kind(objects, *WORKLOADS) if "template" in o["spec"]]


def with_pods(objects):
    return workloads(objects) + kind(objects, *JOBS)


def template(o):
    spec = o["spec"]["jobTemplate"]["spec"] if o["kind"] == "CronJob" else o["spec"]
    return spec["template"]


def pod(o):
    return template(o)["spec"]


def labels(o):
    return template(o)["metadata"].get("labels", {})


def containers(o):
    """Init containers and sidecars too."""
    return pod(o)["containers"] + pod(o).get("initContainers", [])


def running(o):
    """The containers that run as long as the pod: sidecars are init containers that are started again."""
    return pod(o)["containers"] + [c for c in pod(o).get("initContainers", []) if c.get("restartPolicy") == "Always"]


def matches(selector, found):
    """Whether a label selector chooses these labels. One without requirements chooses all."""
    for key, value in (selector.get("matchLabels") or {}).items():
        if found.get(key) != value:
            return False
    for need in selector.get("matchExpressions") or []:
        present, value = need["key"] in found, found.get(need["key"])
        fits = {
            "In": present and value in need.get("values", []),
            "NotIn": value not in need.get("values", []),
            "Exists": present,
            "DoesNotExist": not present,
        }
        if not fits[need["operator"]]:
            return False
    return True


def settings(objects, o, container):
    """The environment of a container, as far as it is written down here: ConfigMaps, then values."""
    maps = {(namespace(m), m["metadata"]["name"]): m.get("data") or {} for m in kind(objects, "ConfigMap")}
    found = {}
    for source in container.get("envFrom", []):
        if "configMapRef" in source:
            found.update(maps.get((namespace(o), source["configMapRef"]["name"]), {}))
    found.update({e["name"]: e["value"] for e in container.get("env", []) if "value" in e})
    return found
