# shellcheck shell=bash
# Waits until a command passes, whose output is nobody's business.
await() { # SECONDS COMMAND...
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $end ] || { echo "cluster: not within its time: $*" >&2; return 1; }
        sleep 0.3
    done
}
