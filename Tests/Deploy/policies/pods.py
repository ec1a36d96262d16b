"""What a pod may do, and what it may take."""
from .objects import PLATFORM_NAMESPACES, containers, kind, name, namespace, pod, with_pods

VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
# The exceptions, each with its reason beside the object.
HOST_PATHS = {"DaemonSet/fluentd": {"/var/log"}}
ASK_THE_API_SERVER = {"Deployment/cluster-autoscaler", "Deployment/prometheus-adapter"}
NOT_RESTRICTED = {"tollgate-logging"}


def restricted(objects):
    """Every pod satisfies Pod Security `restricted`, with a read-only root and no service account token."""
    for o in with_pods(objects):
        spec, context = pod(o), pod(o).get("securityContext", {})
        for shared in ("hostNetwork", "hostPID", "hostIPC"):
            if spec.get(shared):
                yield f"{name(o)}: {shared}"
        if context.get("sysctls"):
            yield f"{name(o)}: sets sysctls"
        if not context.get("runAsNonRoot"):
            yield f"{name(o)}: runAsNonRoot is not set"
        if not context.get("runAsUser"):
            yield f"{name(o)}: runs as root, or as whom the image says"
        if context.get("seccompProfile", {}).get("type") != "RuntimeDefault":
            yield f"{name(o)}: no seccomp profile"
        if spec.get("automountServiceAccountToken") is not False and name(o) not in ASK_THE_API_SERVER:
            yield f"{name(o)}: mounts a service account token"
        for volume in spec.get("volumes", []):
            path = volume.get("hostPath", {}).get("path")
            if path in HOST_PATHS.get(name(o), set()):
                continue
            if not set(volume) - {"name"} <= VOLUMES:
                yield f'{name(o)}: volume {volume["name"]} is of a kind that is not allowed'
        for c in containers(o):
            yield from unconfined(o, c)


def unconfined(o, c):
    security, who = c.get("securityContext", {}), f'{name(o)}: {c["name"]}'
    if security.get("privileged"):
        yield f"{who} is privileged"
    if security.get("allowPrivilegeEscalation") is not False:
        yield f"{who} may escalate privileges"
    if security.get("readOnlyRootFilesystem") is not True:
        yield f"{who} has a writable root"
    capabilities = security.get("capabilities", {})
    if capabilities.get("drop") != ["ALL"] or set(capabilities.get("add", [])) - {"NET_BIND_SERVICE"}:
        yield f"{who} keeps capabilities"
    if security.get("runAsUser") == 0 or security.get("runAsNonRoot") is False:
        yield f"{who} runs as root"
    if any("hostPort" in port for port in c.get("ports", [])):
        yield f"{who} has a port of the node"


def namespaces(objects):
    """Where pods run, the API server enforces Pod Security `restricted`."""
    made = {o["metadata"]["name"]: o["metadata"].get("labels", {}) for o in kind(objects, "Namespace")}
    for where in {namespace(o) for o in with_pods(objects)} - PLATFORM_NAMESPACES - NOT_RESTRICTED:
        if made.get(where, {}).get("pod-security.kubernetes.io/enforce") != "restricted":
            yield f"Namespace/{where}: does not enforce restricted"


def amount(text):
    """A quantity in cores or bytes."""
    text = str(text)
    for suffix, factor in (("m", 0.001), ("Ki", 2**10), ("Mi", 2**20), ("Gi", 2**30), ("Ti", 2**40), ("k", 1e3), ("M", 1e6), ("G", 1e9)):
        if text.endswith(suffix):
            return float(text.removesuffix(suffix)) * factor
    return float(text)


def resources(objects):
    """Every container says what it needs and the most memory that it gets, inside the limits of its namespace."""
    ranges = {namespace(r): r["spec"]["limits"] for r in kind(objects, "LimitRange")}
    for o in with_pods(objects):
        most = {
            what: amount(most) for limit in ranges.get(namespace(o), []) if limit["type"] == "Container"
            for what, most in limit.get("max", {}).items()
        }
        for c in containers(o):
            requests, limits = c.get("resources", {}).get("requests", {}), c.get("resources", {}).get("limits", {})
            if not {"cpu", "memory"} <= set(requests) or "memory" not in limits:
                yield f'{name(o)}: {c["name"]} lacks requests or a memory limit'
            for what in set(requests) & set(limits):
                if amount(requests[what]) > amount(limits[what]):
                    yield f'{name(o)}: {c["name"]} requests more {what} than its limit'
            for what in set(limits) & set(most):
                if amount(limits[what]) > most[what]:
                    yield f'{name(o)}: the LimitRange refuses {c["name"]}: {what} {limits[what]}'


def pods_at_most(objects, o):
    """How many pods there can be of a workload. In a rollout, the surge, and as many old ones that are on their way out: a
    new one is ready long before an old one has drained, and the quota counts that until it is gone."""
    count = o["spec"].get("replicas", 1)
    for h in kind(objects, "HorizontalPodAutoscaler"):
        if h["spec"]["scaleTargetRef"]["name"] == o["metadata"]["name"] and namespace(h) == namespace(o):
            count = h["spec"]["maxReplicas"]
    return 2 * count + 1 if o["kind"] == "Deployment" else count


def quota(objects):
    """With every autoscaler at its most, the namespace's quota still has room."""
    for q in kind(objects, "ResourceQuota"):
        used = {"pods": 0, "requests.cpu": 0, "requests.memory": 0, "limits.memory": 0}
        for o in with_pods(objects):
            if namespace(o) != namespace(q):
                continue
            count = pods_at_most(objects, o)
            used["pods"] += count
            for c in containers(o):
                for group in ("requests", "limits"):
                    for what, value in c.get("resources", {}).get(group, {}).items():
                        if f"{group}.{what}" in used:
                            used[f"{group}.{what}"] += count * amount(value)
        claims = kind(objects, "PersistentVolumeClaim") + [
            t for o in kind(objects, "StatefulSet") if namespace(o) == namespace(q)
            for t in o["spec"].get("volumeClaimTemplates", [])
        ]
        claims = [c for c in claims if namespace(c) in ("", namespace(q))]
        used["persistentvolumeclaims"] = len(claims)
        used["requests.storage"] = sum(amount(c["spec"]["resources"]["requests"]["storage"]) for c in claims)
        for what, value in used.items():
            if what in q["spec"]["hard"] and value > amount(q["spec"]["hard"][what]):
                yield f"{name(q)}: {what}: {value:g} would be used, {q['spec']['hard'][what]} are allowed"
