# shellcheck shell=bash disable=SC2154
# What the stages share. They know $work and $logs, and count by Tests/assertions.sh.

# shellcheck source=Tests/Cluster/await.sh
. Tests/Cluster/await.sh
tollgate() { kubectl --namespace tollgate "$@"; }
inside() { nsenter --net=/run/netns/tollgate-control "$@"; }
# does WHAT COMMAND...: it counts whether the command passes; what it said is told where it does not.
does() {
    local what=$1
    shift
    if "$@" >"$logs/said" 2>&1; then pass; else fail "$what: $(tail -15 "$logs/said")"; fi
}
ready() { tollgate rollout status --timeout=120s "$1" >/dev/null || fail "$1 is not ready: $(tollgate get pods)"; }
all_ready() { for workload in statefulset/user-service statefulset/payments-service deployment/gateway; do ready $workload; done; }
gateways_are() { # COUNT [DEPLOYMENT]
    [ "$(tollgate get "deployment/${2:-gateway}" --output 'jsonpath={.status.readyReplicas}/{.status.replicas}')" = "$1/$1" ]
}
gateways() { await 120 gateways_are "$@" || fail "not $1 of ${2:-gateway}: $(tollgate get pods)"; }
address() { tollgate get pods --selector "app.kubernetes.io/name=$1" --output 'jsonpath={.items[0].status.podIP}'; }
url() { echo "http://$(tollgate get service gateway --output 'jsonpath={.spec.clusterIP}'):8080"; }

# As before anything was installed.
emptied() {
    kubectl delete namespace tollgate --timeout=180s && kubectl delete -f deploy/base/priority-classes.yaml
}

# What each gateway says is kept: the pod that failed may be gone when it is asked.
follow() {
    until [ -e "$logs/end" ]; do
        for pod in $(tollgate get pods --selector app.kubernetes.io/name=gateway --output name 2>/dev/null); do
            file=$logs/${pod#pod/}.log
            [ -e "$file" ] || ! tollgate logs "$pod" >/dev/null 2>&1 || { tollgate logs --follow "$pod" >"$file" 2>/dev/null & }
        done
        sleep 1
    done
}

# The images that the nodes have, under another tag.
images_as() { # TAG
    for node in node1 node2; do
        for name in tollgate gateway user-service payments-service; do
            docker --host "unix://$work/$node/docker.sock" tag "tollgate/$name:dev" "tollgate/$name:$1" || fail "tag of $name"
        done
    done
}

# under_load WHAT COMMAND [may-fail]: what is lost or double never; what failed only where it is said.
under_load() {
    local report=$logs/load
    rm -f "$logs/stop"
    inside Tests/Cluster/load.py "$(url)" "$logs/stop" >"$report" 2>&1 &
    local load=$!
    # Its first line: it has an account, and asks.
    await 60 test -s "$report"
    sleep 2
    "$2"
    sleep 3
    touch "$logs/stop"
    wait $load || fail "$1: the load: $(tail -5 "$report")"
    value() { awk -v name="$1" '$1 == name { print $2 }' "$report"; }
    echo "cluster: $1: $(value answers) answers, $(value failed) failed"
    expect "$1: deposits lost" "$(value lost)" 0
    expect "$1: deposits taken twice" "$(value double)" 0
    if [ "${3:-none}" = none ] && [ "$(value failed)" != 0 ]; then
        fail "$1: $(cat "$report")"
        grep -h '"status":5' "$logs"/gateway-*.log | tail -5
    else
        pass
    fi
}
