"""Reads objects, and the definitions of custom resources among them. Needs nothing but YAML."""
import glob
import os

import yaml

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# YAML 1.1 gives "=" a type of its own; to Kubernetes it is a string.
Loader.add_constructor("tag:yaml.org,2002:value", Loader.construct_yaml_str)

BUILT_IN_GROUPS = {
    "", "apps", "batch", "autoscaling", "policy", "networking.k8s.io", "rbac.authorization.k8s.io", "scheduling.k8s.io",
    "admissionregistration.k8s.io", "apiregistration.k8s.io", "storage.k8s.io", "coordination.k8s.io",
}


def is_built_in(document):
    return document["apiVersion"].rpartition("/")[0] in BUILT_IN_GROUPS


def documents(path):
    with open(path, encoding="utf-8") as file:
        return [document for document in yaml.load_all(file, Loader) if document]


def mentions(path, kinds):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    return any(f"kind: {kind}\n" in text for kind in kinds)


def definitions(folders, kinds):
    """The definitions in the folders. Files that mention none of `kinds` are not read: there are many, and long ones."""
    for folder in folders:
        for path in glob.glob(os.path.join(folder, "**", "*.yaml"), recursive=True):
            for document in documents(path) if mentions(path, kinds) else []:
                if document.get("kind") == "CustomResourceDefinition":
                    yield document
