# shellcheck shell=sh
# What the stages of the pipeline share. Sourced by the scripts beside it, which sit in deploy/pipeline.
#
# A release is a folder (RELEASE_DIR): images/<name> is an OCI layout for all platforms, images.txt their digests,
# sbom/<name>.spdx.json what is in them, release.txt what was signed, release.sigstore.json the signature.
cd "$(dirname "$0")/../.." || exit 1
stage=${0##*/}
# shellcheck disable=SC2034 # used by the stages, as are the images
release=${RELEASE_DIR:-artifacts/release}
# shellcheck disable=SC2034
images="tollgate user-service payments-service gateway"

stop() {
    echo "$stage: $*" >&2
    exit 1
}

# need PROGRAM...: one line that names what is missing.
need() {
    for program in "$@"; do
        command -v "$program" >/dev/null || stop "$program is not installed"
    done
}

# given NAME WHAT: stops where the variable NAME is empty; WHAT says what belongs there.
given() {
    eval "value=\${$1:-}"
    # shellcheck disable=SC2154 # assigned by eval
    [ -n "$value" ] || stop "$1 is not set: $2"
}

# made FILE STAGE: stops where an earlier stage has not run.
made() { [ -e "$1" ] || stop "$1 is missing: run make $2 first"; }

# tool NAME ARGUMENT...: the program where it is installed, else its container of the version in deploy/pipeline/tools.
tool() {
    program=$1
    shift
    if command -v "$program" >/dev/null; then
        "$program" "$@"
        return
    fi
    container=$(sed -n "s/^$program //p" deploy/pipeline/tools)
    command -v docker >/dev/null || stop "neither $program nor docker is installed"
    # Keys, tokens and the registry's login are handed on by name, so that none is in the list of processes.
    docker run --rm --network host --volume "$PWD:$PWD" --workdir "$PWD" --volume "$HOME/.docker:/root/.docker:ro" \
        --env HOME=/root --env COSIGN_KEY --env COSIGN_PASSWORD --env COSIGN_PUBLIC_KEY \
        --env SIGSTORE_ID_TOKEN --env ACTIONS_ID_TOKEN_REQUEST_URL --env ACTIONS_ID_TOKEN_REQUEST_TOKEN \
        "$container" "$@"
}

# The digest of an image in a list of lines `<name> sha256:...`.
digest() { sed -n "s/^$1 \(sha256:[0-9a-f]\{64\}\)\$/\1/p" "$2"; }

# With a key of one's own (COSIGN_KEY, a PEM text) or, without, by the identity that the CI system vouches for.
sign_with() {
    if [ -n "${COSIGN_KEY:-}" ]; then set -- "$@" --key env://COSIGN_KEY; fi
    tool cosign "$@"
}

# Who must have signed: the public key, or the identity and who vouches for it.
verify_with() {
    if [ -n "${COSIGN_PUBLIC_KEY:-}" ]; then
        set -- "$@" --key env://COSIGN_PUBLIC_KEY
    else
        given SIGNER "the signing workflow's identity, or COSIGN_PUBLIC_KEY, a PEM text"
        given SIGNER_ISSUER "the issuer of the signing workflow's identity"
        set -- "$@" --certificate-identity "$SIGNER" --certificate-oidc-issuer "$SIGNER_ISSUER"
    fi
    tool cosign "$@"
}

log_in() {
    if [ -n "${REGISTRY_PASSWORD:-}" ]; then
        printf '%s' "$REGISTRY_PASSWORD" |
            docker login --username "${REGISTRY_USER:-}" --password-stdin "${REGISTRY%%/*}" >/dev/null
    fi
}

# The cluster of an environment: its context is named after it unless KUBE_CONTEXT says otherwise. Whole manifests go to
# `everywhere`: where a namespace is given, kubectl refuses the objects of all others.
everywhere() { kubectl --context "${KUBE_CONTEXT:-$environment}" "$@"; }
cluster() { everywhere --namespace tollgate "$@"; }

# CI systems that have no files for secrets hand the text over.
kubeconfig() {
    if [ -n "${KUBECONFIG_CONTENT:-}" ]; then
        KUBECONFIG=$(mktemp)
        export KUBECONFIG
        # shellcheck disable=SC2064 # the name of now
        trap "rm -f '$KUBECONFIG'" EXIT
        printf '%s\n' "$KUBECONFIG_CONTENT" >"$KUBECONFIG"
    fi
}
