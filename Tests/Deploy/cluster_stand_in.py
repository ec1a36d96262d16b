"""An API server of Secrets and ConfigMaps, as far as `helm template --dry-run=server` asks it: what `lookup` sees."""
import http.server
import json
import threading


# The kinds that helm asks about, by group and version.
KINDS = {
    "v1": ["Namespace", "Secret", "ConfigMap", "Service", "ServiceAccount", "Pod", "ResourceQuota", "LimitRange"],
    "apps/v1": ["Deployment", "StatefulSet"],
    "autoscaling/v2": ["HorizontalPodAutoscaler"],
    "policy/v1": ["PodDisruptionBudget"],
    "networking.k8s.io/v1": ["NetworkPolicy"],
    "scheduling.k8s.io/v1": ["PriorityClass"],
    "admissionregistration.k8s.io/v1": ["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"],
}
CLUSTER_WIDE = {"Namespace", "PriorityClass", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"}


def plural(kind):
    name = kind.lower()
    return name[:-1] + "ies" if name.endswith("y") else name + ("es" if name.endswith("s") else "s")


def discovery():
    """What the server says of the kinds that it has."""
    groups, answers = [], {"/version": {"major": "1", "minor": "37", "gitVersion": "v1.37.0"},
                           "/api": {"kind": "APIVersions", "versions": ["v1"]}}
    for version, kinds in KINDS.items():
        path = f"/apis/{version}" if "/" in version else f"/api/{version}"
        answers[path] = {"kind": "APIResourceList", "groupVersion": version, "resources": [
            {"name": plural(kind), "namespaced": kind not in CLUSTER_WIDE, "kind": kind, "verbs": ["get"]} for kind in kinds]}
        if "/" in version:
            at = {"groupVersion": version, "version": version.split("/")[1]}
            groups.append({"name": version.split("/")[0], "versions": [at], "preferredVersion": at})
    answers["/apis"] = {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}
    return answers


class ClusterStandIn:
    """Serves `secrets`, a dictionary of name to data (base64), and `configurations`, one of name to data, on a port that the
    system chooses."""

    def __init__(self, secrets, configurations=None):
        answers = discovery()
        for plural_name, kind, held in [("secrets", "Secret", secrets), ("configmaps", "ConfigMap", configurations or {})]:
            for name, data in held.items():
                answers[f"/api/v1/namespaces/tollgate/{plural_name}/{name}"] = {
                    "apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": "tollgate"}, "data": data}

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = answers.get(self.path.split("?")[0])
                missing = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404}
                text = json.dumps(body or missing).encode()
                self.send_response(200 if body else 404)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
