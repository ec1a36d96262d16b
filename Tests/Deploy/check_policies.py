#!/usr/bin/env python3
"""Checks rendered Kubernetes objects against the rules of this project (policies/).

usage: check_policies.py FILE      prints each breach and exits 1
       check_policies.py --self-test   plants mistakes against each rule and expects each to be caught
"""
import sys

import rendering
from policies import breaches
from policies import mistakes


def main():
    if sys.argv[1:] == ["--self-test"]:
        missed = mistakes.missed()
        for text in missed:
            print(f"policies: {text}")
        print(f"policies: {len(mistakes.MISTAKES) - len(missed)} planted mistakes caught, {len(missed)} missed")
        return 1 if missed else 0
    with open(sys.argv[1], encoding="utf-8") as file:
        found = breaches(rendering.parse(file))
    for text in found:
        print(text)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
