#!/usr/bin/env python3
"""Prints those definitions of custom resources that objects ask for.

usage: definitions.py FOLDER... <OBJECTS"""
import pathlib
import sys

import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Deploy"))
import crds  # noqa: E402

wanted = {(one["apiVersion"].partition("/")[0], one["kind"])
          for one in yaml.load_all(sys.stdin, crds.Loader) if one and not crds.is_built_in(one)}
for one in crds.definitions(sys.argv[1:], {kind for _, kind in wanted}):
    if (one["spec"]["group"], one["spec"]["names"]["kind"]) in wanted:
        yaml.safe_dump(one, sys.stdout, explicit_start=True)
