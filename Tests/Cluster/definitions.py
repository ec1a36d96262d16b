#!/usr/bin/env python3
"""Prints those definitions of custom resources that objects ask for.

usage: definitions.py FOLDER... <OBJECTS"""
import json
import pathlib
import sys

import yaml

loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
loader.add_constructor("tag:yaml.org,2002:value", lambda _, node: node.value)  # A bare = is a text.
wanted = {(one["apiVersion"].split("/")[0], one["kind"]) for one in yaml.load_all(sys.stdin, loader) if one}
for folder in sys.argv[1:]:
    for file in sorted(pathlib.Path(folder).rglob("*.y*ml")):
        for one in yaml.load_all(file.read_text(), loader):
            if one and one.get("kind") == "CustomResourceDefinition" and \
                    (one["spec"]["group"], one["spec"]["names"]["kind"]) in wanted:
                print("---")
                print(json.dumps(one))
