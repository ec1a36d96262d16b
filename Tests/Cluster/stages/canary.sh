# shellcheck shell=bash disable=SC2154
# A canary by the gateway's weights. A service on SQLite cannot run twice, so the canary is the same pod by a second name:
# what is shown is that weights that change reach gateways that serve, and that requests go by them.
tollgate create -f - >/dev/null <<'Y'
apiVersion: v1
kind: Service
metadata: {name: user-service-next}
spec: {selector: {app.kubernetes.io/name: user-service}, ports: [{port: 8080, targetPort: http}]}
Y
tollgate get configmap gateway-routes --output 'jsonpath={.data.gateway\.yaml}' >"$logs/routes-before"
awk '/^authentication:/ { print "  user-service-next: { url: \"http://user-service-next:8080\", audience: user-service }\n" }
     /^  - name:/ { chosen = $3 == "read-profile" }
     chosen && /upstream: user-service$/ {
         sub(/upstream: user-service/, "split: [{ upstream: user-service, weight: 100 }, { upstream: user-service-next, weight: 0 }]")
     }
     { print }' "$logs/routes-before" >"$logs/routes"
write_routes() { # FILE
    tollgate create configmap gateway-routes --from-file="gateway.yaml=$1" --dry-run=client --output yaml | tollgate replace -f - >/dev/null
}
# The sum over all gateways, asked from their nodes, as the kubelet asks.
sum() { # SERIES, as a regular expression
    tollgate get pods --selector app.kubernetes.io/name=gateway \
        --output 'jsonpath={range .items[*]}{.spec.nodeName} {.status.podIP}{"\n"}{end}' | while read -r node pod; do
        nsenter --net="/run/netns/tollgate-$node" curl --silent --max-time 5 "http://$pod:9080/metrics"
    done | awk -v series="^$1" '$0 ~ series { sum += $NF } END { print sum + 0 }'
}
reloads='gateway_config_reloads_total[{]result="ok"'
have_loaded() { [ "$(sum "$reloads")" -ge "$1" ]; }
# all_load COMMAND...: changes the route file; all three gateways have taken it at the end. Their kubelets bring it within a
# minute, or when the pod itself changes, which is what is not waited for here.
all_load() {
    local before
    before=$(sum "$reloads")
    "$@" || fail "$*"
    tollgate annotate pods --overwrite --selector app.kubernetes.io/name=gateway "tollgate/told=$SECONDS" >/dev/null
    await 150 have_loaded $((before + 3)) || fail "not every gateway has loaded the routes: $(sum "$reloads") after $before"
}
weigh() { make --silent canary-weight BY=gateway UPSTREAM=user-service WEIGHT="$1" >/dev/null; }
asked() { sum 'http_server_request_duration_seconds_count[{].*method="GET".*http_route="/api/v1/users/me"'; }
have_asked() { [ "$(asked)" -ge "$1" ]; }
canary() { sum 'gateway_upstream_requests_total[{].*upstream="user-service-next"'; }
move() {
    all_load write_routes "$logs/routes"
    expect "requests to a canary without a weight" "$(canary)" 0
    all_load weigh 30
    local requests share
    requests=$(asked)
    share=$(canary)
    await 120 have_asked $((requests + 300)) || fail "no load"
    share=$((100 * ($(canary) - share) / ($(asked) - requests)))
    echo "cluster: a canary with the weight 30 gets $share of 100 requests"
    # Of 300, four times their standard deviation.
    if [ $share -ge 19 ] && [ $share -le 41 ]; then pass; else fail "the canary has $share of 100"; fi
    all_load weigh 0
    share=$(canary)
    requests=$(asked)
    await 60 have_asked $((requests + 50)) || fail "no load"
    expect "requests to the canary when it has no weight again" "$(($(canary) - share))" 0
}
under_load "a canary gets weights" move
all_load write_routes "$logs/routes-before"
tollgate delete service user-service-next >/dev/null
