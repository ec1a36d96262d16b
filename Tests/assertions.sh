# shellcheck shell=bash
# What a test in shell counts, and what it says at its end.
passed=0
failed=0
pass() { passed=$((passed + 1)); }
fail() { failed=$((failed + 1)); echo "FAIL: $*"; }
expect() { # WHAT ACTUAL WANTED
    if [ "$2" = "$3" ]; then pass; else fail "$1: is '$2', not '$3'"; fi
}
summary() { # TEST
    echo "$1: $passed passed, $failed failed"
    [ "$failed" = 0 ]
}
