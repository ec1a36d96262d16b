#!/usr/bin/env python3
"""The project's objects, which are for the newest Kubernetes, as 1.20 knows them.

What 1.20 does not have is left out (admission policies in CEL) or done in another way (the pause before SIGTERM).

usage: older.py <OBJECTS >OBJECTS"""
import sys

import yaml


def tcp(ports):
    """What a port is of where it says nothing: when objects are applied by the server, 1.20 does not know it by itself."""
    for port in ports or []:
        port.setdefault("protocol", "TCP")


def pod(spec):
    for container in list(spec.get("initContainers") or []):
        if container.pop("restartPolicy", None) == "Always":  # A sidecar: one of the containers, then.
            spec["initContainers"].remove(container)
            spec["containers"].append(container)
    for container in (spec.get("initContainers") or []) + spec["containers"]:
        tcp(container.get("ports"))
        # No registry is asked: Debian has a shell too.
        if container["image"].startswith("busybox:"):
            container["image"] = "debian:bookworm-slim"
        hooks = container.get("lifecycle") or {}
        if "sleep" in hooks.get("preStop", {}):
            # It serves on for as long, but after SIGTERM.
            seconds = hooks.pop("preStop")["sleep"]["seconds"] + 1
            container.setdefault("env", []).append({"name": "DRAIN_DELAY_SECONDS", "value": str(seconds)})
            if not hooks:
                del container["lifecycle"]
    for constraint in spec.get("topologySpreadConstraints") or []:
        constraint.pop("matchLabelKeys", None)


def no_empty_defaults(schema):
    """1.20 takes a default that is empty for none, and refuses that; and keys of lists that have none."""
    if isinstance(schema, list):
        parts = schema
    elif isinstance(schema, dict):
        if schema.get("default") == "":
            del schema["default"]
        if isinstance(schema.get("x-kubernetes-list-map-keys"), list):
            without(schema, "x-kubernetes-list-map-keys", "x-kubernetes-list-type")
        parts = schema.values()
    else:
        return
    for part in parts:
        no_empty_defaults(part)


def without(mapping, *names):
    for name in names:
        mapping.pop(name, None)


def converted(document):
    """The object as 1.20 knows it; `None` where it knows nothing of the kind."""
    kind, spec = document.get("kind"), document.get("spec", {})
    if kind == "List":
        document["items"] = [item for item in map(converted, document["items"]) if item]
    elif kind in ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"):
        return None
    elif kind == "CronJob":
        document["apiVersion"] = "batch/v1beta1"
        without(spec, "timeZone")
        without(spec["jobTemplate"]["spec"], "podFailurePolicy", "podReplacementPolicy")
        pod(spec["jobTemplate"]["spec"]["template"]["spec"])
    elif kind == "PodDisruptionBudget":
        document["apiVersion"] = "policy/v1beta1"
        without(spec, "unhealthyPodEvictionPolicy")
    elif kind == "HorizontalPodAutoscaler":
        document["apiVersion"] = "autoscaling/v2beta2"
    elif kind in ("Deployment", "StatefulSet", "DaemonSet", "Job"):
        without(spec, "persistentVolumeClaimRetentionPolicy", "podFailurePolicy", "podReplacementPolicy")
        pod(spec["template"]["spec"])
    elif kind == "Pod":
        pod(spec)
    elif kind == "Service":
        tcp(spec.get("ports"))
    elif kind == "CustomResourceDefinition":
        no_empty_defaults(spec)
    elif kind == "Namespace":
        # Newer API servers do this themselves.
        document["metadata"].setdefault("labels", {})["kubernetes.io/metadata.name"] = document["metadata"]["name"]
    return document


def stream(text):
    """A text of objects, converted."""
    return yaml.safe_dump_all([new for new in map(converted, filter(None, yaml.safe_load_all(text))) if new])


if __name__ == "__main__":
    sys.stdout.write(stream(sys.stdin.read()))
