#!/usr/bin/env python3
"""Validates custom resources against the CustomResourceDefinitions that define them.

usage: custom_resources.py self-test DEFINITIONS...   folders of CRDs; plants a mistake of each kind (an object without a
                                                      definition, a wrong value, a broken rule, a field that the API
                                                      server would drop) and expects it to be caught
"""
import copy
import functools
import sys

import celpy
import jsonschema
import yaml

from crds import definitions, documents, is_built_in


def split(rendered, built_in, custom):
    every = documents(rendered)
    for path, keep in ((built_in, True), (custom, False)):
        with open(path, "w", encoding="utf-8") as file:
            yaml.safe_dump_all([d for d in every if is_built_in(d) == keep], file, sort_keys=False)


def schemas(folders, kinds):
    """The schema of each (apiVersion, kind) that the definitions serve."""
    found = {}
    for definition in definitions(folders, kinds):
        spec = definition["spec"]
        for version in spec["versions"]:
            if version.get("served") and "schema" in version:
                key = (f"{spec['group']}/{version['name']}", spec["names"]["kind"])
                found[key] = version["schema"]["openAPIV3Schema"]
    return found


def members(value, schema):
    """Each part of a value, with its name and the schema that it has; without one where the schema does not know it."""
    if isinstance(value, list):
        for index, element in enumerate(value):
            yield f"[{index}]", element, schema.get("items", {})
    if isinstance(value, dict):
        known, others = schema.get("properties", {}), schema.get("additionalProperties")
        # True is any value, whatever is in it.
        any_value = {"x-kubernetes-preserve-unknown-fields": True}
        unknown = any_value if others is True else others if isinstance(others, dict) else None
        for name, element in value.items():
            yield f".{name}", element, known.get(name, unknown)


def dropped_fields(value, schema, path=""):
    """The fields that the API server would silently drop, since the schema does not have them."""
    if schema.get("x-kubernetes-preserve-unknown-fields"):
        return
    for name, element, its in members(value, schema):
        if its is not None:
            yield from dropped_fields(element, its, path + name)
        elif path.startswith(".spec"):
            yield f"{path}{name}: no such field"


def with_defaults(value, schema):
    """Filled in place, as the API server does before it looks at the rules."""
    if isinstance(value, dict):
        for name, member in schema.get("properties", {}).items():
            if "default" in member:
                value.setdefault(name, copy.deepcopy(member["default"]))
    for _, element, its in members(value, schema):
        with_defaults(element, its or {})
    return value


@functools.cache
def compiled(rule):
    environment = celpy.Environment()
    return environment.program(environment.compile(rule))


def broken_rules(value, schema, path=""):
    """The rules in CEL that a value breaks; those about a change have nothing to say about one that is new."""
    for rule in schema.get("x-kubernetes-validations", []):
        if "oldSelf" in rule["rule"]:
            continue
        try:
            holds = bool(compiled(rule["rule"]).evaluate({"self": celpy.json_to_cel(value)}))
        except celpy.CELEvalError as error:
            yield f"{path}: {rule['rule']}: {error}"
            continue
        if not holds:
            yield f"{path}: {rule.get('message') or rule['rule']}"
    for name, element, its in members(value, schema):
        yield from broken_rules(element, its or {}, path + name)


def errors(document, known):
    key = (document["apiVersion"], document["kind"])
    if key not in known:
        return [f"no definition of {key[0]} {key[1]}"]
    schema = known[key]
    validator = jsonschema.Draft202012Validator(schema)
    wrong = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]
    wrong += dropped_fields(document.get("spec"), schema["properties"].get("spec", {}), ".spec")
    if not wrong:
        wrong += broken_rules(with_defaults(copy.deepcopy(document), schema), schema)
    return wrong


def self_test(folders):
    known = schemas(folders, {"Certificate", "VirtualService", "HTTPRoute"})
    good = {"apiVersion": "cert-manager.io/v1", "kind": "Certificate", "metadata": {"name": "x"},
            "spec": {"secretName": "s", "dnsNames": ["a.example"], "issuerRef": {"name": "i"}}}
    route = {"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": {"name": "x"},
             "spec": {"hosts": ["x"], "http": [{"timeout": "1s", "route": [{"destination": {"host": "x"}}]}]}}
    # Without defaults its rules could not be evaluated.
    other = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": "x"},
             "spec": {"rules": [{"matches": [{"path": {"value": "/"}}], "backendRefs": [{"name": "x", "port": 80}]}]}}
    mistakes = {
        "a broken rule": {**route, "spec": {**route["spec"], "http": [{**route["spec"]["http"][0], "timeout": "0s"}]}},
        "a rule with a default": {**other, "spec": {"rules": [{"matches": [{"path": {"value": "shop"}}]}]}},
        "a kind without definition": {**good, "kind": "Certficate"},
        "a wrong type": {**good, "spec": {**good["spec"], "dnsNames": "a.example"}},
        "a missing field": {**good, "spec": {"secretName": "s"}},
        "an unknown field": {**good, "spec": {**good["spec"], "dnsName": "a.example"}},
    }
    for fine in (good, route, other):
        if errors(fine, known):
            print(f"a good object: {errors(fine, known)}", file=sys.stderr)
            return 1
    missed = [name for name, document in mistakes.items() if not errors(document, known)]
    for name in missed:
        print(f"not caught: {name}", file=sys.stderr)
    return 1 if missed else 0


def main():
    return self_test(sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
