# shellcheck shell=bash
# What a test in shell counts, and what it says at its end under the name that is in $suite.
passed=0
failed=0
pass() { passed=$((passed + 1)); }
fail() { failed=$((failed + 1)); echo "FAIL: $*"; }
expect() { # WHAT ACTUAL WANTED
    if [ "$2" = "$3" ]; then pass; else fail "$1: is '$2', not '$3'"; fi
}
summary() {
    echo "${suite:?}: $passed passed, $failed failed"
    [ "$failed" = 0 ]
}
# What ends it before it has begun: skip WHY, broken WHAT LOG.
skip() { echo "${suite:?}: 0 passed, 0 failed, 1 skipped ($*)"; exit 0; }
broken() { tail -20 "$2"; echo "${suite:?}: 0 passed, 1 failed ($1)"; exit 1; }
