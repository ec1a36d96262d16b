# shellcheck shell=bash disable=SC2154
# The chart in the place of what Kustomize made: installed, tested, upgraded and rolled back under load, removed and
# installed again.
if [ -z "$CURRENT_HELM" ]; then
    echo "cluster: no helm, so the chart is not installed"
    return
fi
images_as 0.2.0
does "the namespace goes" emptied

chart() { # COMMAND [OPTION...]
    helm "$1" tollgate deploy/helm/tollgate --namespace tollgate --wait --timeout 3m "${@:2}"
}
upgrade() { chart upgrade --reset-then-reuse-values "$@"; }
rollback() { helm rollback tollgate --namespace tollgate --wait --timeout 3m; }
chart_test() { helm test tollgate --namespace tollgate --timeout 2m; }
images() {
    tollgate get deployments,statefulsets --output 'jsonpath={.items[*].spec.template.spec.containers[*].image}' |
        tr ' ' '\n' | sort | tr '\n' ' '
}
all_of() { echo "tollgate/gateway:$1 tollgate/payments-service:$1 tollgate/user-service:$1 "; }
keys() {
    tollgate get secret/{gateway,user-service,payments-service}-identity secret/user-service-encryption \
        secret/payments-service-callbacks secret/admin-token configmap/identity-peers \
        --output 'jsonpath={range .items[*]}{.metadata.name} {.data}{"\n"}{end}'
}

does "installation" chart install --create-namespace --set images.tag=0.1.0 --set settings.RATE_LIMITS=observe
gateways 3
does "the chart's test" chart_test
at_first=$(keys)
expect "keys that are made" "$(echo "$at_first" | wc -l)" 7
person='{"email": "chart@example.com", "password": "correct horse battery staple"}'
answers() { # PATH BODY
    inside curl --silent --output /dev/null --write-out '%{http_code}' --json "$2" "$(url)/api/v1/$1"
}
expect "a sign-up" "$(answers users "${person%\}}, \"name\": \"Chart\"}")" 201

# Other requests of the gateway's, which replaces its pods and no others; then an image that cannot be had.
another_gateway() {
    local more='{"requests": {"cpu": "60m", "memory": "48Mi"}, "limits": {"memory": "192Mi"}}'
    does "upgrade of the gateway" upgrade --set-json "gateway.resources=$more"
    expect "what the gateway asks for" \
        "$(tollgate get deployment gateway --output 'jsonpath={.spec.template.spec.containers[0].resources.requests.cpu}')" 60m
    gateways 3
    does "rollback of the gateway" rollback
    gateways 3
    if upgrade --set "images.digests.gateway=sha256:$(printf '0%.0s' {1..64})" --timeout 20s --rollback-on-failure >"$logs/said" 2>&1; then
        fail "an image that is not there"
    else
        pass
    fi
    gateways 3
    expect "the version after an upgrade that failed" "$(images)" "$(all_of 0.1.0)"
}
under_load "the chart's gateway is upgraded and rolled back" another_gateway
# All of it; then images that cannot be had: what never got ready does not stand in the way of the rollback.
another_version() {
    does "upgrade" upgrade --set images.tag=0.2.0
    expect "the version after the upgrade" "$(images)" "$(all_of 0.2.0)"
    does "rollback" rollback
    expect "the version after the rollback" "$(images)" "$(all_of 0.1.0)"
    if upgrade --set images.tag=0.3.0 --timeout 10s >"$logs/said" 2>&1; then fail "a version that is not there"; else pass; fi
    does "rollback of what did not start" rollback
    all_ready
}
under_load "the chart's release is upgraded and rolled back" another_version may-fail
expect "keys after upgrades and rollbacks" "$(keys)" "$at_first"

does "removal" helm uninstall tollgate --namespace tollgate --wait --timeout 3m
expect "claims that stay" "$(tollgate get persistentvolumeclaims --output name | wc -l)" 2
does "installation once more" chart install --set images.tag=0.2.0
expect "keys after it" "$(keys)" "$at_first"
expect "a login to what was there" "$(answers sessions "$person")" 201
does "the chart's test after it" chart_test
