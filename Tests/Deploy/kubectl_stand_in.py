"""A kubectl over a file of objects instead of a cluster: enough of it for the scripts of the release strategies.

CLUSTER is the file, CALLS the list of calls, FAIL a part of a call that fails, KUBECTL the real one, which renders.
"""
import itertools
import json
import os
import re
import subprocess
import sys
import time

import yaml

KINDS = {"horizontalpodautoscaler": "HorizontalPodAutoscaler", "poddisruptionbudget": "PodDisruptionBudget",
         "configmap": "ConfigMap", "service": "Service", "deployment": "Deployment", "httproute": "HTTPRoute",
         "virtualservice": "VirtualService"}


def load():
    with open(os.environ["CLUSTER"]) as file:
        return json.load(file)


def save(objects):
    """As a whole: the other end of a pipe may be reading."""
    with open(f'{os.environ["CLUSTER"]}.{os.getpid()}', "w") as file:
        json.dump(objects, file)
    os.replace(file.name, os.environ["CLUSTER"])


def key(o):
    return f'{o["kind"]}/{o["metadata"]["name"]}'


def named(arguments):
    """The objects that are named, as kind/name or as kind and name, before the first option with a value."""
    switches = ("--overwrite", "--ignore-not-found")
    names = list(itertools.takewhile(lambda a: not a.startswith("-"), (a for a in arguments if a not in switches)))
    if "/" in names[0]:
        return [KINDS[kind] + "/" + name for kind, name in (name.split("/") for name in names)]
    return [KINDS[names[0]] + "/" + names[1]]


def option(arguments, name, default=None):
    for number, argument in enumerate(arguments):
        if argument == name:
            return arguments[number + 1]
        if argument.startswith(name + "="):
            return argument[len(name) + 1:]
    return default


def jsonpath(o, path):
    for part in re.findall(r"\['((?:[^'\\]|\\.)*)'\]|\[(\d+)\]|\.?(\w+)", path[1:-1]):
        name = part[0].replace("\\.", ".") or part[2]
        if part[1]:
            o = o[int(part[1])]
        elif name in o:
            o = o[name]
        else:
            return ""
    return o


def merge(old, new):
    for name, value in new.items():
        if value is None:
            old.pop(name, None)
        elif isinstance(value, dict):
            merge(old.setdefault(name, {}), value)
        else:
            old[name] = value


def patch(o, how, text):
    if how == "merge":
        merge(o, json.loads(text))
        return
    for change in json.loads(text):
        at, parts = o, change["path"].strip("/").split("/")
        for part in parts[:-1]:
            at = at[int(part)] if isinstance(at, list) else at[part]
        assert parts[-1] in at, change
        at[parts[-1]] = change["value"]


def put(objects, text, over=True):
    for o in filter(None, yaml.safe_load_all(text)):
        if over or key(o) not in objects:
            objects[key(o)] = o


def delete(objects, arguments):
    selector = option(arguments, "--selector")
    if selector is None:
        for wanted in named(arguments):
            objects.pop(wanted, None)
        return
    kinds = {KINDS[kind] for kind in arguments[-1].split(",")}
    label, value = selector.split("=")
    for name, o in list(objects.items()):
        if o["kind"] in kinds and o["metadata"].get("labels", {}).get(label) == value:
            del objects[name]


def act(verb, arguments, objects, text):
    if verb == "get":
        o = objects.get(named(arguments)[0])
        if o is None:
            return 0 if "--ignore-not-found" in arguments else 1
        if option(arguments, "--output"):
            sys.stdout.write(str(jsonpath(o, option(arguments, "--output")[len("jsonpath="):])))
    elif verb == "apply":
        put(objects, subprocess.run([os.environ["KUBECTL"], "kustomize", option(arguments, "-k")], check=True,
                                    capture_output=True, text=True).stdout)
    elif verb == "create" and arguments[0] == "configmap":
        name, file = option(arguments, "--from-file").split("=")
        with open(file) as content:
            print(json.dumps({"kind": "ConfigMap", "metadata": {"name": arguments[1]}, "data": {name: content.read()}}))
    elif verb == "create":
        with open(option(arguments, "-f")) as content:
            put(objects, content.read(), over=False)
    elif verb == "replace":
        put(objects, text)
    elif verb == "patch":
        patch(objects[named(arguments)[0]], option(arguments, "--type"), option(arguments, "--patch"))
    elif verb == "annotate":
        changes = dict(a.split("=", 1) for a in arguments if "=" in a)
        merge(objects[named(arguments)[0]], {"metadata": {"annotations": changes}})
    elif verb == "delete":
        delete(objects, arguments)
    elif verb == "scale":
        objects[named(arguments)[0]]["spec"]["replicas"] = int(option(arguments, "--replicas"))
    elif verb == "rollout":
        return 0 if named([arguments[-1]])[0] in objects else 1
    elif verb == "port-forward":
        print("Forwarding from 127.0.0.1:45678 -> 8080", flush=True)
        time.sleep(60)
    else:
        return 2
    return 0


def main():
    call = " ".join(["kubectl", *sys.argv[1:]])
    with open(os.environ["CALLS"], "a") as file:
        file.write(call + "\n")
    if os.environ["FAIL"] and os.environ["FAIL"] in call:
        return 1
    arguments = sys.argv[1:]
    assert arguments[:2] == ["--namespace", "tollgate"], arguments
    verb, arguments = arguments[2], arguments[3:]
    # What a pipe brings is awaited first, so that the objects are those that it was made from.
    text = sys.stdin.read() if verb == "replace" else ""
    objects = load()
    status = act(verb, arguments, objects, text)
    if verb in ("apply", "create", "replace", "patch", "annotate", "scale", "delete") and "--dry-run=client" not in arguments:
        save(objects)
    return status


if __name__ == "__main__":
    sys.exit(main())
