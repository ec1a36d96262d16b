#!/usr/bin/env python3
"""Validates custom resources against the CustomResourceDefinitions that define them.

usage: custom_resources.py split RENDERED BUILT_IN CUSTOM   writes built-in kinds to one file, the others to the other
       custom_resources.py validate CUSTOM DEFINITIONS...   folders of CRDs; an object without one, a wrong value and a
                                                            field that the API server would drop are errors
       custom_resources.py self-test DEFINITIONS...         plants a mistake of each kind and expects it to be caught
"""
import glob
import os
import sys

import jsonschema
import yaml

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# YAML 1.1 gives "=" a type of its own; to Kubernetes it is a string.
Loader.add_constructor("tag:yaml.org,2002:value", Loader.construct_yaml_str)

BUILT_IN_GROUPS = ("", "apps", "batch", "autoscaling", "policy")


def is_built_in(document):
    group = document["apiVersion"].rpartition("/")[0]
    return group in BUILT_IN_GROUPS or (group.endswith(".k8s.io") and not group.startswith("gateway."))


def documents(path):
    with open(path, encoding="utf-8") as file:
        return [document for document in yaml.load_all(file, Loader) if document]


def split(rendered, built_in, custom):
    every = documents(rendered)
    for path, keep in ((built_in, True), (custom, False)):
        with open(path, "w", encoding="utf-8") as file:
            yaml.safe_dump_all([d for d in every if is_built_in(d) == keep], file, sort_keys=False)


def mentions(path, kinds):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    return any(f"kind: {kind}\n" in text for kind in kinds)


def schemas(folders, kinds):
    """The schema of each (apiVersion, kind) that the definitions serve. Files that mention none of `kinds` are not read:
    there are many, and long ones."""
    found = {}
    for folder in folders:
        for path in glob.glob(os.path.join(folder, "**", "*.yaml"), recursive=True):
            for document in documents(path) if mentions(path, kinds) else []:
                if document.get("kind") != "CustomResourceDefinition":
                    continue
                spec = document["spec"]
                for version in spec["versions"]:
                    if version.get("served") and "schema" in version:
                        key = (f"{spec['group']}/{version['name']}", spec["names"]["kind"])
                        found[key] = version["schema"]["openAPIV3Schema"]
    return found


def dropped_fields(value, schema, path=""):
    """The fields that the API server would silently drop, since the schema does not have them."""
    if schema.get("x-kubernetes-preserve-unknown-fields"):
        return
    if isinstance(value, list):
        for index, element in enumerate(value):
            yield from dropped_fields(element, schema.get("items", {}), f"{path}[{index}]")
    if not isinstance(value, dict):
        return
    known, others = schema.get("properties", {}), schema.get("additionalProperties")
    for name, element in value.items():
        if name in known:
            yield from dropped_fields(element, known[name], f"{path}.{name}")
        elif isinstance(others, dict):
            yield from dropped_fields(element, others, f"{path}.{name}")
        elif not others and path.startswith(".spec"):
            yield f"{path}.{name}: no such field"


def errors(document, known):
    key = (document["apiVersion"], document["kind"])
    if key not in known:
        return [f"no definition of {key[0]} {key[1]}"]
    schema = known[key]
    validator = jsonschema.Draft202012Validator(schema)
    wrong = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]
    wrong += dropped_fields(document.get("spec"), schema["properties"].get("spec", {}), ".spec")
    return wrong


def validate(path, folders):
    resources = documents(path)
    known, failed, count = schemas(folders, {resource["kind"] for resource in resources}), 0, 0
    for document in resources:
        count += 1
        for error in errors(document, known):
            failed += 1
            print(f"{document['kind']} {document['metadata']['name']}: {error}", file=sys.stderr)
    print(f"{count} custom resources")
    return 1 if failed else 0


def self_test(folders):
    known = schemas(folders, {"Certificate"})
    good = {"apiVersion": "cert-manager.io/v1", "kind": "Certificate", "metadata": {"name": "x"},
            "spec": {"secretName": "s", "dnsNames": ["a.example"], "issuerRef": {"name": "i"}}}
    mistakes = {
        "a kind without definition": {**good, "kind": "Certficate"},
        "a wrong type": {**good, "spec": {**good["spec"], "dnsNames": "a.example"}},
        "a missing field": {**good, "spec": {"secretName": "s"}},
        "an unknown field": {**good, "spec": {**good["spec"], "dnsName": "a.example"}},
    }
    if errors(good, known):
        print(f"the good object: {errors(good, known)}", file=sys.stderr)
        return 1
    missed = [name for name, document in mistakes.items() if not errors(document, known)]
    for name in missed:
        print(f"not caught: {name}", file=sys.stderr)
    return 1 if missed else 0


def main():
    command, arguments = sys.argv[1], sys.argv[2:]
    if command == "split":
        return split(*arguments)
    if command == "validate":
        return validate(arguments[0], arguments[1:])
    return self_test(arguments)


if __name__ == "__main__":
    sys.exit(main())
