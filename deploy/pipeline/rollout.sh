# shellcheck shell=sh
# Rolling a release out and writing it down; sourced by deploy and rollback after common.sh.

# roll_out FILE: the manifests of the release's commit, the images by its digests, until each workload is done.
roll_out() (
    set -e
    tree=$(mktemp -d)
    trap 'rm -rf "$tree"' EXIT
    of=$(sed -n 's/^commit \([0-9a-f]\{40\}\)$/\1/p' "$1")
    git archive --output "$tree/manifests.tar" "$of" deploy config observability || exit 1
    tar -x -C "$tree" -f "$tree/manifests.tar" || exit 1
    mkdir "$tree/deploy/release"
    pin "$1" >"$tree/deploy/release/kustomization.yaml"
    manifests=$tree/manifests.yaml
    kubectl kustomize "$tree/deploy/release" >"$manifests" || exit 1
    # A dry run finds no namespace that would have been made by itself.
    for namespace in $(named Namespace "$manifests"); do
        everywhere get namespace "$namespace" >/dev/null 2>&1 || everywhere create namespace "$namespace" || exit 1
    done
    # What admission refuses is refused here, before anything has changed.
    everywhere apply --server-side --force-conflicts --dry-run=server -f "$manifests" >/dev/null || exit 1
    everywhere apply --server-side --force-conflicts -f "$manifests" || exit 1
    for workload in statefulset/user-service statefulset/payments-service; do
        cluster rollout status --timeout=300s "$workload" || exit 1
    done
    # Where the gateway is in two colours, none of them is part of a release: deploy/strategies/blue-green.
    if named Deployment "$manifests" | grep -qx gateway; then
        cluster rollout status --timeout=300s deployment/gateway || exit 1
    fi
)

# named KIND FILE: the names of the objects of this kind.
named() {
    awk -v kind="kind: $1" '
        $0 == "---" { wanted = 0 }
        $0 == kind { wanted = 1 }
        wanted && /^  name: / { print $2; wanted = 0 }' "$2"
}

# pin FILE: a kustomization of the environment's overlay with the images by digest.
# shellcheck disable=SC2154 # environment and images are the caller's
pin() {
    echo "resources: [../overlays/$environment]"
    echo "images:"
    for name in $images; do
        echo "  - {name: tollgate/$name, newName: $REGISTRY/$name, digest: \"$(digest "image $name" "$1")\"}"
    done
}

# recorded current|previous: what was written down, or nothing.
recorded() { cluster get configmap tollgate-release --ignore-not-found --output "jsonpath={.data.$1}"; }

record() {
    cluster create configmap tollgate-release --from-literal "current=$1" --from-literal "previous=$2" \
        --dry-run=client --output yaml | cluster apply --server-side --force-conflicts -f -
}
