# shellcheck shell=bash disable=SC2154
# Two colours of the gateway, as the guide says, with a load on whichever serves.
images_as 0.2.0
colour() { make --silent "blue-green-$1" SETTINGS=RATE_LIMITS=observe TOLLGATE=Tests/Cluster/tools/tollgate "${@:2}"; }
serves() { tollgate get service gateway --output "jsonpath={.spec.selector['tollgate/colour']}"; }
both_colours() {
    does "blue takes over" colour start
    expect "the base's gateways" "$(tollgate get deployment gateway --ignore-not-found --output name)" ""
    does "green is deployed" colour deploy IMAGE=tollgate/gateway:0.2.0
    if colour switch >/dev/null 2>&1; then fail "what was not tested is switched to"; else pass; fi
    does "green is tested" colour test
    does "green serves" colour switch
    expect "who serves" "$(serves)" green
    does "blue serves again" colour rollback
    expect "who serves after it" "$(serves)" blue
    does "green serves for good" colour switch
    does "blue goes" colour retire
    expect "colours that are left" "$(tollgate get deployments --output name)" deployment.apps/gateway-green
    gateways 3 gateway-green
}
under_load "colours change" both_colours
expect "the version that serves" \
    "$(tollgate get deployment gateway-green --output 'jsonpath={.spec.template.spec.containers[0].image}')" tollgate/gateway:0.2.0
