#!/usr/bin/env python3
"""Writes the addresses of the cluster's services and pods to a file of hosts, whenever they change.

usage: names.py KUBECTL KUBECONFIG FILE"""
import json
import os
import subprocess
import sys
import time

kubectl, configuration, path = sys.argv[1:]


def lines(services, endpoints):
    addresses = {(one["metadata"]["namespace"], one["metadata"]["name"]): one.get("subsets") or [] for one in endpoints}
    for service in services:
        at = service["metadata"]["namespace"], service["metadata"]["name"]
        name = f"{at[1]}.{at[0]}.svc.cluster.local"
        if service["spec"].get("clusterIP") != "None":
            yield f"{service['spec']['clusterIP']} {name}"
            continue
        for subset in addresses.get(at, []):
            for address in subset.get("addresses") or []:
                yield f"{address['ip']} {name}"
                if "hostname" in address:
                    yield f"{address['ip']} {address['hostname']}.{name}"


written = None
while True:
    got = subprocess.run([kubectl, "--kubeconfig", configuration, "get", "services,endpoints", "-A", "-o", "json"],
                         stdout=subprocess.PIPE)
    if got.returncode == 0:
        items = json.loads(got.stdout)["items"]
        text = "".join(f"{line}\n" for line in sorted(lines(
            [item for item in items if item["kind"] == "Service"], [item for item in items if item["kind"] == "Endpoints"])))
        if text != written:
            # Read whole or not at all: the folder is watched, but for names that begin with a dot.
            new = os.path.join(os.path.dirname(path), ".new")
            with open(new, "w") as file:
                file.write(text)
            os.replace(new, path)
            written = text
    time.sleep(1)
