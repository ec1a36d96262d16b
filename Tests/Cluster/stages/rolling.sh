# shellcheck shell=bash disable=SC2154
# Pods are replaced, added and driven off their nodes under load.
roll_gateway() { tollgate rollout restart deployment/gateway >/dev/null && ready deployment/gateway && gateways 3; }
scale() {
    for count in 6 3; do tollgate scale deployment/gateway --replicas=$count >/dev/null && gateways $count; done
}
drain() { # NODE
    does "drain of $1" kubectl drain "$1" --ignore-daemonsets --delete-emptydir-data --timeout=120s
    kubectl uncordon "$1" >/dev/null
    all_ready
}
drain_second() { drain node2; }
drain_first() { drain node1; }
roll_services() {
    for service in user-service payments-service; do
        tollgate rollout restart statefulset/$service >/dev/null && ready statefulset/$service
    done
}
under_load "gateways are rolled" roll_gateway
under_load "gateways are scaled" scale
under_load "a node with gateways is drained" drain_second
# How long a pod is away is this old kubelet's affair: less than a request waits for in most runs.
under_load "services are rolled" roll_services may-fail
under_load "the node with the services is drained" drain_first may-fail
