# shellcheck shell=bash disable=SC2154
# The way into a cluster, with images that are built: once, and again with the keys that are there; then staging, with
# three gateways and no limits of rates. The services are on the first node, the gateways on both.
docker/build-images >/dev/null || fail "the images"
kubectl cordon node2 >/dev/null
for time in first second; do
    began=$SECONDS
    does "kind-up, the $time time" deploy/cluster-up kind
    echo "cluster: kind-up to the end of the demo, the $time time: $((SECONDS - began)) s"
done
if grep -q 'The demo passed' "$logs/said"; then pass; else fail "no demo"; fi

images_as 0.1.0
does "staging" kubectl apply -k deploy/overlays/staging
ready statefulset/user-service
ready statefulset/payments-service
# The services have been made anew, where they were.
kubectl uncordon node2 >/dev/null
ready deployment/gateway
gateways 3 # As its autoscaler says.
