"""What a pod refers to exists, here or among what the install makes."""
import os

from .objects import JOBS, SERVICES, containers, kind, name, namespace, pod, settings, template, with_pods

SECRETS_MADE_AT_INSTALL = {
    "gateway-identity": {"identity.pem"},
    "user-service-identity": {"identity.pem"},
    "user-service-encryption": {"encryption.key"},
    "payments-service-callbacks": {"callback.secret"},
    "payments-service-identity": {"identity.pem"},
    "admin-token": {"token"},
}
# A person's own, and not needed.
OPTIONAL_SECRETS = {"first-admin": {"email", "password"}}
CONFIG_MAPS_MADE_AT_INSTALL = {"identity-peers": {f"{service}.pem" for service in SERVICES}}
SYSTEM_PRIORITIES = {"system-cluster-critical", "system-node-critical"}


def config_maps(objects, where):
    found = {m["metadata"]["name"]: set(m.get("data") or {}) for m in kind(objects, "ConfigMap") if namespace(m) == where}
    return found | (CONFIG_MAPS_MADE_AT_INSTALL if where == "tollgate" else {})


def secrets(objects, where):
    sealed = {s["metadata"]["name"]: set(s["spec"]["encryptedData"]) for s in kind(objects, "SealedSecret")}
    return (SECRETS_MADE_AT_INSTALL | OPTIONAL_SECRETS | sealed) if where == "tollgate" else {}


def configuration(objects):
    """Every ConfigMap and Secret that a pod names exists, with the keys that it names."""
    for o in with_pods(objects):
        maps, hidden = config_maps(objects, namespace(o)), secrets(objects, namespace(o))
        for v in pod(o).get("volumes", []):
            if "configMap" in v:
                yield from missing(o, maps, v["configMap"]["name"], items(v["configMap"]))
            if "secret" in v:
                yield from missing(o, hidden, v["secret"]["secretName"], items(v["secret"]))
        for c in containers(o):
            for source in c.get("envFrom", []):
                reference, known = (
                    (source["configMapRef"], maps) if "configMapRef" in source else (source["secretRef"], hidden)
                )
                yield from missing(o, known, reference["name"], [])
            for variable in c.get("env", []):
                value = variable.get("valueFrom", {})
                for member, known in (("configMapKeyRef", maps), ("secretKeyRef", hidden)):
                    if member in value:
                        yield from missing(o, known, value[member]["name"], [value[member]["key"]])
    sealed = kind(objects, "SealedSecret")
    if sealed and {s["metadata"]["name"]: set(s["spec"]["encryptedData"]) for s in sealed} != SECRETS_MADE_AT_INSTALL:
        yield "SealedSecrets: not the Secrets that the services mount"


def items(source):
    return [item["key"] for item in source.get("items", [])]


def missing(o, known, what, keys):
    if what not in known:
        yield f"{name(o)}: {what} does not exist"
        return
    for key in keys:
        if key not in known[what]:
            yield f"{name(o)}: {what} has no key {key}"


def mounted(objects, o, container):
    """The files that a container finds in ConfigMaps, Secrets and what Vault's agent writes."""
    maps, hidden = config_maps(objects, namespace(o)), secrets(objects, namespace(o))
    volumes, files = {v["name"]: v for v in pod(o).get("volumes", [])}, set()
    for mount in container.get("volumeMounts", []):
        volume = volumes.get(mount["name"], {})
        keys = maps.get(volume.get("configMap", {}).get("name"), set())
        keys = keys | hidden.get(volume.get("secret", {}).get("secretName"), set())
        files |= {os.path.join(mount["mountPath"], key) for key in keys}
    notes = template(o)["metadata"].get("annotations", {})
    prefix = "vault.hashicorp.com/secret-volume-path-"
    return files | {os.path.join(path, key[len(prefix):]) for key, path in notes.items() if key.startswith(prefix)}


def files(objects):
    """Every setting of our services that names a file names one that is mounted."""
    for o in with_pods(objects):
        for c in containers(o):
            if c["name"] not in SERVICES:
                continue
            found = mounted(objects, o, c)
            for setting, value in settings(objects, o, c).items():
                if (setting.endswith("_FILE") and setting != "LOG_FILE") or setting == "GATEWAY_CONFIG":
                    if value not in found:
                        yield f"{name(o)}: {setting} names {value}, which is not mounted"
                if setting.endswith("_DIR") and setting != "DATA_DIR" and not any(f.startswith(value + "/") for f in found):
                    yield f"{name(o)}: {setting} names {value}, where nothing is mounted"


def others(objects):
    """Volumes, claims, service accounts and priority classes exist; so does what autoscalers and routes point at."""
    accounts = {(namespace(a), a["metadata"]["name"]) for a in kind(objects, "ServiceAccount")}
    priorities = {p["metadata"]["name"] for p in kind(objects, "PriorityClass")} | SYSTEM_PRIORITIES
    claims = {(namespace(c), c["metadata"]["name"]) for c in kind(objects, "PersistentVolumeClaim")}
    for s in kind(objects, "StatefulSet"):
        for t in s["spec"].get("volumeClaimTemplates", []):
            claims.add((namespace(s), f'{t["metadata"]["name"]}-{s["metadata"]["name"]}-0'))
    for o in with_pods(objects):
        spec, where = pod(o), namespace(o)
        if (where, spec.get("serviceAccountName")) not in accounts:
            yield f'{name(o)}: service account {spec.get("serviceAccountName")} does not exist'
        if spec.get("priorityClassName", "system-node-critical") not in priorities:
            yield f'{name(o)}: priority class {spec["priorityClassName"]} does not exist'
        if o["kind"] not in JOBS and where == "tollgate" and "priorityClassName" not in spec:
            yield f"{name(o)}: has no priority class"
        volumes = {v["name"] for v in spec.get("volumes", [])}
        volumes |= {t["metadata"]["name"] for t in o["spec"].get("volumeClaimTemplates", [])}
        for v in spec.get("volumes", []):
            claim = v.get("persistentVolumeClaim", {}).get("claimName")
            if claim and (where, claim) not in claims:
                yield f"{name(o)}: claim {claim} does not exist"
        for c in containers(o):
            for mount in c.get("volumeMounts", []):
                if mount["name"] not in volumes:
                    yield f'{name(o)}: volume {mount["name"]} does not exist'
    for s in kind(objects, "VolumeSnapshot"):
        if (namespace(s), s["spec"]["source"]["persistentVolumeClaimName"]) not in claims:
            yield f"{name(s)}: its claim does not exist"
    yield from backends(objects)


def backends(objects):
    ports = {}
    for s in kind(objects, "Service"):
        ports[(namespace(s), s["metadata"]["name"])] = {p["port"] for p in s["spec"]["ports"]} | {
            p["name"] for p in s["spec"]["ports"]
        }
    named = []
    for i in kind(objects, "Ingress"):
        for rule in i["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                port = path["backend"]["service"]["port"]
                named.append((i, namespace(i), path["backend"]["service"]["name"], port.get("name", port.get("number"))))
    for r in kind(objects, "HTTPRoute"):
        for rule in r["spec"]["rules"]:
            for backend in rule.get("backendRefs", []):
                named.append((r, backend.get("namespace", namespace(r)), backend["name"], backend["port"]))
    for v in kind(objects, "VirtualService"):
        for rule in v["spec"]["http"]:
            for route in rule["route"]:
                destination = route["destination"]
                named.append((v, namespace(v), destination["host"], destination["port"]["number"]))
    for a in kind(objects, "APIService"):
        service = a["spec"]["service"]
        named.append((a, service["namespace"], service["name"], service["port"]))
    for o, where, service, port in named:
        if port not in ports.get((where, service), set()):
            yield f"{name(o)}: there is no Service {where}/{service} with port {port}"
    for r in kind(objects, "ClusterRoleBinding", "RoleBinding"):
        for subject in r["subjects"]:
            if not any(
                a["metadata"]["name"] == subject["name"] and namespace(a) == subject["namespace"]
                for a in kind(objects, "ServiceAccount")
            ):
                yield f'{name(r)}: there is no service account {subject["name"]}'
