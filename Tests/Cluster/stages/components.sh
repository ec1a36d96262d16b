# shellcheck shell=bash disable=SC2154
# Every component over production, with the real definitions of its resources: the API server takes each object, and
# whatever has pods is given them: quotas, limits, priorities and accounts suffice. Images of others are not there.
if [ -z "${TOLLGATE_CRDS:-}" ]; then
    echo "cluster: TOLLGATE_CRDS is not set: components were not applied"
    return
fi
others=(backup cluster-autoscaler elasticsearch fluent-bit fluentd opentelemetry jaeger service-monitor requests-autoscaling smtp
    volume-snapshots vpa webhooks)
render() { Tests/Cluster/rendered.py production "${others[@]}" "$@"; }
# Two sets, since not all of them go together.
render ingress gateway-api cert-manager istio sealed-secrets >"$logs/first.yaml" || fail "rendering"
render kong linkerd vault >"$logs/second.yaml" || fail "rendering"
strategies=(argo-rollouts canary-istio canary-gateway-api)
for strategy in "${strategies[@]}"; do kubectl kustomize "deploy/strategies/$strategy" >"$logs/$strategy.yaml" || fail "$strategy"; done
for name in first second "${strategies[@]}"; do
    cat "$logs/$name.yaml"
    echo ---
done | Tests/Cluster/definitions.py "$TOLLGATE_CRDS" Tests/Deploy/definitions >"$logs/definitions.yaml" || fail "no definitions"

# Controllers have taken up each object, and have made its pods.
taken_up() {
    kubectl get deployments,statefulsets,daemonsets --all-namespaces --output json | python3 -c '
import json, sys
for one in json.load(sys.stdin)["items"]:
    status = one.get("status", {})
    if status.get("observedGeneration") != one["metadata"]["generation"]:
        sys.exit(1)
    wanted = status.get("desiredNumberScheduled", one["spec"].get("replicas", 0))
    if status.get("replicas", status.get("currentNumberScheduled", 0)) < wanted:
        sys.exit(1)'
}
refused() {
    kubectl get events --all-namespaces --field-selector reason=FailedCreate --output 'jsonpath={range .items[*]}{.message}{"\n"}{end}'
}
does "the namespace goes" emptied
does "definitions" kubectl create --validate=false -f "$logs/definitions.yaml"
does "definitions are served" kubectl wait --for=condition=Established customresourcedefinitions --all --timeout=60s
# What is only tried needs its namespaces for real.
for namespace in tollgate tollgate-ingress; do does "$namespace" kubectl create namespace $namespace; done
for strategy in "${strategies[@]}"; do does "$strategy" kubectl apply --dry-run=server -f "$logs/$strategy.yaml"; done
for name in first second; do
    does "production with the $name components" kubectl apply -f "$logs/$name.yaml"
    await 60 taken_up || fail "not everything has its pods: $(kubectl get deployments,statefulsets,daemonsets --all-namespaces)"
    expect "pods that were refused" "$(refused)" ""
done
