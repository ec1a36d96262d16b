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
    # What admission refuses is refused here, before anything has changed.
    cluster apply --server-side --force-conflicts --dry-run=server -k "$tree/deploy/release" >/dev/null || exit 1
    cluster apply --server-side --force-conflicts -k "$tree/deploy/release" || exit 1
    for workload in statefulset/user-service statefulset/payments-service deployment/gateway; do
        cluster rollout status --timeout=300s "$workload" || exit 1
    done
)

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
