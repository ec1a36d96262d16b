"""A planted mistake for each thing that a rule looks at: what is not caught here could not be caught anywhere."""
import copy

import rendering

from . import RULES, breaches
from .objects import containers, labels, pod, template

EVERYTHING = [
    "opentelemetry", "jaeger", "elasticsearch", "fluentd", "fluent-bit", "service-monitor", "requests-autoscaling",
    "ingress", "gateway-api", "cert-manager", "istio", "vpa", "cluster-autoscaler", "sealed-secrets", "smtp",
    "volume-snapshots", "webhooks",
]


class Planting:
    """The objects of an environment, to be damaged."""

    def __init__(self, objects):
        self.objects = objects

    def find(self, kind, called, where=None):
        for o in self.objects:
            fits = o["metadata"]["name"] == called or o["metadata"]["name"].startswith(called + "-")
            if o["kind"] == kind and fits and where in (None, o["metadata"].get("namespace")):
                return o
        raise LookupError(f"{kind} {called}")

    def spec(self, kind, called, where=None):
        return self.find(kind, called, where)["spec"]

    def pod(self, kind="Deployment", called="gateway"):
        return pod(self.find(kind, called))

    def container(self, kind="Deployment", called="gateway"):
        return self.pod(kind, called)["containers"][0]

    def sidecar(self):
        return next(c for c in containers(self.find("Deployment", "gateway")) if c["name"] == "fluent-bit")

    def security(self, **values):
        self.container()["securityContext"].update(values)

    def policy(self, called, where="tollgate"):
        return self.spec("NetworkPolicy", called, where)

    def environment(self, name, value, kind="Deployment", called="gateway"):
        for container in self.pod(kind, called)["containers"][:1]:
            container.setdefault("env", []).append({"name": name, "value": value})

    def settings(self):
        return self.find("ConfigMap", self.container()["envFrom"][0]["configMapRef"]["name"])["data"]

    def remove(self, kind, called, where=None):
        self.objects.remove(self.find(kind, called, where))

    def add(self, o):
        self.objects.append(o)


def without(members, key, value):
    members[:] = [m for m in members if m.get(key) != value]


def volume(p, name):
    return next(v for v in p.pod()["volumes"] if v["name"] == name)


def pod_labels(p, kind, called):
    return labels(p.find(kind, called))


def annotations(p, kind="Deployment", called="gateway"):
    return template(p.find(kind, called))["metadata"]["annotations"]


MISTAKES = [
    # identity
    ("identity.names", lambda p: p.add(copy.deepcopy(p.find("Service", "gateway")))),
    ("identity.names", lambda p: p.find("Service", "gateway")["metadata"].update(namespace="elsewhere")),
    ("identity.names", lambda p: p.find("PriorityClass", "tollgate-data")["metadata"].update(namespace="tollgate")),
    ("identity.names", lambda p: p.find("PriorityClass", "tollgate-edge")["metadata"].update(name="edge")),
    # pods
    ("pods.restricted", lambda p: p.pod().update(hostNetwork=True)),
    ("pods.restricted", lambda p: p.pod().update(hostPID=True)),
    ("pods.restricted", lambda p: p.pod()["securityContext"].pop("runAsNonRoot")),
    ("pods.restricted", lambda p: p.pod()["securityContext"].update(runAsUser=0)),
    ("pods.restricted", lambda p: p.pod()["securityContext"].pop("seccompProfile")),
    ("pods.restricted", lambda p: p.pod()["securityContext"].update(sysctls=[{"name": "a", "value": "b"}])),
    ("pods.restricted", lambda p: p.pod().pop("automountServiceAccountToken")),
    ("pods.restricted", lambda p: p.pod()["volumes"].append({"name": "x", "hostPath": {"path": "/"}})),
    ("pods.restricted", lambda p: p.pod("DaemonSet", "fluentd")["volumes"].append(
        {"name": "x", "hostPath": {"path": "/etc"}})),
    ("pods.restricted", lambda p: p.security(privileged=True)),
    ("pods.restricted", lambda p: p.security(allowPrivilegeEscalation=True)),
    ("pods.restricted", lambda p: p.security(readOnlyRootFilesystem=False)),
    ("pods.restricted", lambda p: p.container()["securityContext"].pop("capabilities")),
    ("pods.restricted", lambda p: p.security(capabilities={"drop": ["ALL"], "add": ["NET_ADMIN"]})),
    ("pods.restricted", lambda p: p.security(runAsUser=0)),
    ("pods.restricted", lambda p: p.sidecar()["securityContext"].update(readOnlyRootFilesystem=False)),
    ("pods.restricted", lambda p: pod(p.find("CronJob", "user-service-backup"))["containers"][0].pop("securityContext")),
    ("pods.restricted", lambda p: p.container()["ports"][0].update(hostPort=80)),
    ("pods.namespaces", lambda p: p.find("Namespace", "tollgate")["metadata"]["labels"].pop(
        "pod-security.kubernetes.io/enforce")),
    ("pods.resources", lambda p: p.container().pop("resources")),
    ("pods.resources", lambda p: p.container()["resources"].pop("limits")),
    ("pods.resources", lambda p: p.container()["resources"]["requests"].update(memory="1Gi")),
    ("pods.resources", lambda p: p.container()["resources"]["limits"].update(memory="3Gi")),
    ("pods.quota", lambda p: p.spec("HorizontalPodAutoscaler", "gateway").update(maxReplicas=200)),
    ("pods.quota", lambda p: p.spec("ResourceQuota", "tollgate")["hard"].update({"requests.storage": "5Gi"})),
    # probes
    ("probes.probes", lambda p: p.container()["livenessProbe"]["httpGet"].update(path="/healthz")),
    ("probes.probes", lambda p: p.container()["readinessProbe"]["httpGet"].update(port="metrics")),
    ("probes.probes", lambda p: p.container()["livenessProbe"]["httpGet"].update(path="/readyz")),
    ("probes.probes", lambda p: p.container("Deployment", "kibana").update(
        livenessProbe={"httpGet": {"path": "/api/status", "port": "http"}})),
    ("probes.probes", lambda p: p.container("Deployment", "kibana").pop("livenessProbe")),
    ("probes.probes", lambda p: p.container()["readinessProbe"]["httpGet"].update(port="http")),
    ("probes.probes", lambda p: p.container().pop("startupProbe")),
    ("probes.probes", lambda p: p.sidecar().pop("livenessProbe")),
    ("probes.probes", lambda p: p.container()["ports"][1].update(containerPort=9090)),
    # images
    ("images.pinned", lambda p: p.container().update(image="tollgate/gateway:latest")),
    ("images.pinned", lambda p: p.container().update(image="tollgate/gateway")),
    ("images.pinned", lambda p: p.container().update(image="tollgate/gateway:dev")),
    ("images.pinned", lambda p: p.sidecar().update(image="fluent/fluent-bit:4")),
    ("images.pinned", lambda p: p.container().update(image="tollgate/gateway@sha256:abc")),
    ("images.pinned", lambda p: p.container().update(imagePullPolicy="Always")),
    # selectors
    ("selectors.services", lambda p: p.spec("Service", "gateway")["selector"].update({"app.kubernetes.io/name": "x"})),
    ("selectors.services", lambda p: p.spec("Service", "gateway")["ports"][0].update(targetPort="web")),
    ("selectors.services", lambda p: p.spec("Service", "gateway")["selector"].clear()),
    ("selectors.services", lambda p: p.spec("StatefulSet", "user-service").update(serviceName="user-service")),
    ("selectors.policies", lambda p: p.policy("user-service")["podSelector"]["matchLabels"].update(
        {"app.kubernetes.io/name": "users"})),
    ("selectors.policies", lambda p: p.spec("PodDisruptionBudget", "gateway")["selector"]["matchLabels"].update(a="b")),
    ("selectors.policies", lambda p: p.pod()["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"].update(
        {"app.kubernetes.io/name": "x"})),
    ("selectors.policies", lambda p: p.spec("Deployment", "gateway")["selector"]["matchLabels"].update(a="b")),
    ("selectors.monitors", lambda p: p.spec("ServiceMonitor", "tollgate")["endpoints"][0].update(port="metrics")),
    ("selectors.monitors", lambda p: p.find("Service", "gateway-pods")["metadata"]["labels"].clear()),
    # references
    ("references.configuration", lambda p: volume(p, "identity")["secret"].update(secretName="missing")),
    ("references.configuration", lambda p: volume(p, "routes")["configMap"].update(name="missing")),
    ("references.configuration", lambda p: volume(p, "routes")["configMap"].update(
        items=[{"key": "missing", "path": "x"}])),
    ("references.configuration", lambda p: p.container()["envFrom"][0]["configMapRef"].update(name="tollgate")),
    ("references.configuration", lambda p: p.container("StatefulSet", "user-service")["env"].append(
        {"name": "X", "valueFrom": {"secretKeyRef": {"name": "admin-token", "key": "password"}}})),
    ("references.configuration", lambda p: p.container("StatefulSet", "user-service")["env"].append(
        {"name": "X", "valueFrom": {"configMapKeyRef": {"name": "gateway-routes", "key": "routes"}}})),
    ("references.configuration", lambda p: p.remove("SealedSecret", "admin-token")),
    ("references.files", lambda p: p.environment("GATEWAY_CONFIG", "/etc/tollgate/gateway.yaml")),
    ("references.files", lambda p: p.environment("ADMIN_TOKEN_FILE", "/etc/tollgate/admin/tokens")),
    ("references.files", lambda p: without(p.container()["volumeMounts"], "name", "peers")),
    ("references.others", lambda p: p.pod().update(serviceAccountName="other")),
    ("references.others", lambda p: p.pod().update(priorityClassName="urgent")),
    ("references.others", lambda p: p.pod().pop("priorityClassName")),
    ("references.others", lambda p: without(p.pod()["volumes"], "name", "routes")),
    ("references.others", lambda p: pod(p.find("CronJob", "user-service-backup"))["volumes"][0][
        "persistentVolumeClaim"].update(claimName="data")),
    ("references.others", lambda p: p.spec("Ingress", "gateway")["rules"][0]["http"]["paths"][0]["backend"][
        "service"].update(name="gate")),
    ("references.others", lambda p: p.spec("HTTPRoute", "gateway")["rules"][0]["backendRefs"][0].update(port=80)),
    ("references.others", lambda p: p.spec("VirtualService", "gateway")["http"][0]["route"][0]["destination"].update(
        host="gate")),
    ("references.others", lambda p: p.spec("APIService", "v1beta1.custom.metrics.k8s.io")["service"].update(port=80)),
    ("references.others", lambda p: p.find("ClusterRoleBinding", "tollgate-cluster-autoscaler")["subjects"][0].update(
        name="x")),
    ("references.others", lambda p: p.spec("VolumeSnapshot", "user-service")["source"].update(
        persistentVolumeClaimName="x")),
    # edges
    ("edges.denied", lambda p: p.remove("NetworkPolicy", "default-deny", "tollgate")),
    ("edges.denied", lambda p: p.policy("default-deny").update(policyTypes=["Ingress"])),
    ("edges.upstreams", lambda p: p.policy("gateway")["egress"][0]["to"].pop()),
    ("edges.upstreams", lambda p: p.policy("user-service")["ingress"][0]["from"].pop(0)),
    ("edges.upstreams", lambda p: p.environment("PAYMENTS_SERVICE_URL", "http://ledger:8080", "StatefulSet",
                                                "user-service")),
    ("edges.upstreams", lambda p: p.policy("gateway")["egress"][0]["ports"][0].update(port=8081)),
    ("edges.platform", lambda p: p.policy("payments-service")["egress"].append(
        {"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": [{"port": 443}]})),
    ("edges.platform", lambda p: p.policy("user-service")["ingress"].append({"ports": [{"port": 8080}]})),
    ("edges.platform", lambda p: p.policy("user-service")["egress"].append(
        {"to": [{"podSelector": {"matchLabels": {"app.kubernetes.io/name": "gateway"}}}], "ports": [{"port": 8080}]})),
    ("edges.platform", lambda p: p.policy("name-resolution")["egress"][0].pop("ports")),
    ("edges.platform", lambda p: p.policy("webhooks")["egress"][0]["to"][0]["ipBlock"]["except"].remove("10.0.0.0/8")),
    ("edges.platform", lambda p: p.policy("webhooks")["egress"][0]["to"][0]["ipBlock"].pop("except")),
    ("edges.platform", lambda p: p.policy("webhooks")["egress"][0]["to"][1]["ipBlock"].update(cidr="::/0")),
    ("edges.platform", lambda p: p.policy("webhooks")["egress"][0]["ports"].append({"port": 22})),
    ("edges.platform", lambda p: p.policy("webhooks")["podSelector"].clear()),
    ("edges.fronts", lambda p: p.find("Gateway", "tollgate")["metadata"].update(namespace="tollgate")),
    ("edges.closed", lambda p: p.policy("front").update(ingress=[{"ports": [{"port": 8080}]}])),
    ("edges.closed", lambda p: p.remove("NetworkPolicy", "front")),
    ("edges.proxies", lambda p: p.find("ConfigMap", "webhook-egress")["data"].update({
        "envoy.yaml": p.find("ConfigMap", "webhook-egress")["data"]["envoy.yaml"].replace("prefix_len: 12", "prefix_len: 16")})),
    ("edges.both_ends", lambda p: p.policy("otel-collector", "tollgate-observability")["ingress"].pop(0)),
    ("edges.both_ends", lambda p: p.policy("telemetry")["egress"].pop()),
    ("edges.both_ends", lambda p: p.policy("gateway").update(policyTypes=["Ingress"])),
    # fronts
    ("fronts.deadlines", lambda p: p.spec("HTTPRoute", "gateway")["rules"][0].pop("timeouts")),
    ("fronts.deadlines", lambda p: p.spec("HTTPRoute", "gateway")["rules"][0]["timeouts"].update(request="15s")),
    ("fronts.deadlines", lambda p: p.find("Ingress", "gateway")["metadata"]["annotations"].pop(
        "nginx.ingress.kubernetes.io/proxy-read-timeout")),
    ("fronts.clients", lambda p: p.settings().pop("TRUSTED_PROXIES")),
    # meshes
    ("meshes.members", lambda p: p.policy("proxies-to-istiod")["podSelector"]["matchExpressions"][0]["values"].pop()),
    ("meshes.members", lambda p: pod_labels(p, "CronJob", "user-service-backup").pop("sidecar.istio.io/inject")),
    ("meshes.members", lambda p: p.remove("AuthorizationPolicy", "user-service")),
    ("meshes.clients", lambda p: p.settings().pop("TRUSTED_PROXIES")),
    ("meshes.clients", lambda p: p.environment("TRUSTED_PROXIES", "0")),
    ("meshes.probes", lambda p: annotations(p).pop("traffic.sidecar.istio.io/excludeInboundPorts")),
    ("meshes.probes", lambda p: annotations(p, "StatefulSet", "payments-service").update(
        {"traffic.sidecar.istio.io/excludeInboundPorts": "2020"})),
    ("meshes.threads", lambda p: annotations(p).pop("sidecar.istio.io/proxyCPULimit")),
    ("meshes.idle", lambda p: p.spec("DestinationRule", "gateway")["trafficPolicy"].pop("connectionPool")),
    ("meshes.idle", lambda p: p.spec("DestinationRule", "user-service")["trafficPolicy"]["connectionPool"]["http"].update(
        idleTimeout="60s")),
    ("meshes.idle", lambda p: p.remove("Sidecar", "default")),
    ("meshes.idle", lambda p: p.environment("KONG_UPSTREAM_KEEPALIVE_IDLE_TIMEOUT", "60")),
    # scaling
    ("scaling.writers", lambda p: p.spec("StatefulSet", "user-service").update(replicas=2)),
    ("scaling.writers", lambda p: p.find("StatefulSet", "payments-service").update(kind="Deployment")),
    ("scaling.writers", lambda p: p.spec("HorizontalPodAutoscaler", "gateway")["scaleTargetRef"].update(
        name="user-service")),
    ("scaling.writers", lambda p: p.spec("VerticalPodAutoscaler", "gateway")["updatePolicy"].update(updateMode="Auto")),
    ("scaling.autoscalers", lambda p: p.spec("Deployment", "gateway").update(replicas=3)),
    ("scaling.autoscalers", lambda p: p.spec("HorizontalPodAutoscaler", "gateway")["scaleTargetRef"].update(name="x")),
    ("scaling.autoscalers", lambda p: p.container()["resources"]["requests"].pop("cpu")),
    ("scaling.autoscalers", lambda p: p.container().update(name="proxy")),
    ("scaling.autoscalers", lambda p: p.spec("HorizontalPodAutoscaler", "gateway")["metrics"].append(
        {"type": "Resource", "resource": {"name": "memory", "target": {"type": "Utilization", "averageUtilization": 70}}})),
    ("scaling.autoscalers", lambda p: p.spec("HorizontalPodAutoscaler", "gateway").update(minReplicas=30)),
    ("scaling.budgets", lambda p: p.remove("PodDisruptionBudget", "user-service")),
    ("scaling.budgets", lambda p: p.spec("PodDisruptionBudget", "gateway").update(maxUnavailable=0)),
    ("scaling.budgets", lambda p: (p.spec("PodDisruptionBudget", "user-service").pop("maxUnavailable"),
                                   p.spec("PodDisruptionBudget", "user-service").update(minAvailable=1))),
    ("scaling.budgets", lambda p: (p.spec("PodDisruptionBudget", "gateway").pop("maxUnavailable"),
                                   p.spec("PodDisruptionBudget", "gateway").update(minAvailable="100%"))),
    ("scaling.budgets", lambda p: p.add({**copy.deepcopy(p.find("PodDisruptionBudget", "gateway")),
                                         "metadata": {"name": "another", "namespace": "tollgate"}})),
    ("scaling.nodes", lambda p: annotations(p, "StatefulSet", "user-service").pop(
        "cluster-autoscaler.kubernetes.io/safe-to-evict")),
    ("scaling.providers", lambda p: p.find("ClusterRole", "tollgate-cluster-autoscaler")["rules"].pop()),
    ("scaling.admission", lambda p: p.remove("ValidatingAdmissionPolicyBinding", "tollgate-single-writer")),
    ("scaling.admission", lambda p: p.find("Namespace", "tollgate")["metadata"]["labels"].pop("tollgate/storage")),
    ("scaling.admission", lambda p: p.spec("ValidatingAdmissionPolicy", "tollgate-single-writer").update(
        failurePolicy="Ignore")),
    ("scaling.admission", lambda p: p.spec("ValidatingAdmissionPolicy", "tollgate-single-writer")["matchConstraints"][
        "resourceRules"][0]["resources"].remove("statefulsets/scale")),
    ("scaling.admission", lambda p: p.spec("ValidatingAdmissionPolicy", "tollgate-single-writer")["validations"].pop(0)),
    ("scaling.admission", lambda p: p.spec("ValidatingAdmissionPolicy", "tollgate-single-writer")["matchConstraints"][
        "resourceRules"].pop()),
    ("scaling.admission", lambda p: p.spec("ValidatingAdmissionPolicy", "tollgate-single-writer").pop(
        "matchConditions")),
    ("scaling.admission", lambda p: p.spec("ValidatingAdmissionPolicy", "tollgate-no-autoscaler")["matchConstraints"][
        "resourceRules"].pop(0)),
    # shutdown
    ("shutdown.grace", lambda p: p.pod().update(terminationGracePeriodSeconds=29)),
    ("shutdown.grace", lambda p: p.container().pop("lifecycle")),
    # secrets
    ("secrets.none", lambda p: p.add({"apiVersion": "v1", "kind": "Secret",
                                      "metadata": {"name": "planted", "namespace": "tollgate"}})),
    ("secrets.none", lambda p: p.find("ConfigMap", "gateway-routes")["data"].update(
        x="-----BEGIN EC " + "PRIVATE KEY-----")),
    ("secrets.none", lambda p: p.environment("SMTP_PASSWORD", "hunter2")),
    # alerts
    ("alerts.metrics", lambda p: p.spec("PrometheusRule", "tollgate")["groups"][0]["rules"][0].update(
        expr="sum(rate(http_requests_total[5m])) > 1")),
    ("alerts.metrics", lambda p: p.spec("HorizontalPodAutoscaler", "gateway")["metrics"][1]["pods"]["metric"].update(
        name="requests")),
    ("alerts.metrics", lambda p: p.find("ConfigMap", "prometheus-adapter")["data"].update(
        {"config.yaml": "rules:\n- seriesQuery: http_requests_total\n  name: {as: http_server_requests_per_second}\n"})),
]


def missed():
    """What was not caught, in words; nothing when all is well."""
    good = rendering.render("production", EVERYTHING)
    found = breaches(good)
    if found:
        return [f"the objects without a mistake: {text}" for text in found]
    out = []
    rules = {f"{rule.__module__.rpartition('.')[2]}.{rule.__name__}": rule for rule in RULES}
    for number, (rule, plant) in enumerate(MISTAKES):
        objects = copy.deepcopy(good)
        plant(Planting(objects))
        try:
            caught = list(rules[rule](objects))
        except (KeyError, TypeError) as error:
            caught = []
            out.append(f"mistake {number}: {rule} broke: {error!r}")
            continue
        if not caught:
            out.append(f"mistake {number}: {rule} did not catch it")
    out += [f"no mistake is planted against {rule}" for rule in rules if rule not in {m[0] for m in MISTAKES}]
    return out
