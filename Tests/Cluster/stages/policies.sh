# shellcheck shell=bash disable=SC2154
# Once the policies know the pods that are there, nothing of ours is held back, and others get no further than the front.
on_nodes() { for node in node1 node2; do nsenter --net=/run/netns/tollgate-$node "$@"; done; }
demo() {
    kubectl --namespace default delete pod demo --ignore-not-found >/dev/null
    kubectl --namespace default run demo --image=tollgate/tollgate:dev --image-pull-policy=Never --restart=Never -- \
        demo --url http://gateway.tollgate:8080 >/dev/null
    does "the demo" kubectl --namespace default wait --for='jsonpath={.status.phase}=Succeeded' --timeout=120s pod/demo
}
have_passed() { [ "$(cat "$work/policies.passes")" -ge "$1" ]; }
# The one under way, and one that has begun since.
await 30 have_passed $(($(cat "$work/policies.passes") + 2)) || fail "the policies are not kept up"
on_nodes iptables -w -Z
under_load "the demo is run" demo
held_back=$(on_nodes iptables -w -nvxL | awk '$3 == "DROP" && /gress tollgate\// && $1 > 0')
expect "packets of the system that policies held back" "$held_back" ""
kubectl --namespace default run stranger --image=debian:bookworm-slim --image-pull-policy=Never --restart=Never -- sleep 600 >/dev/null
does "a stranger" kubectl --namespace default wait --for=condition=Ready pod/stranger --timeout=60s
reaches() { # ADDRESS PORT
    if kubectl --namespace default exec stranger -- timeout 3 bash -c "exec 3<>/dev/tcp/$1/$2" >/dev/null 2>&1; then echo yes; else echo no; fi
}
expect "a stranger reaches the gateway" "$(reaches gateway.tollgate 8080)" yes
expect "a stranger reaches the gateway's admin port" "$(reaches "$(address gateway)" 9080)" no
for service in user-service payments-service; do
    expect "a stranger reaches $service" "$(reaches $service.tollgate 8080)" no
    expect "a stranger reaches the admin port of $service" "$(reaches "$(address $service)" 9080)" no
done
