"""What an object is called, and where it is."""
from .objects import PLATFORM_NAMESPACES, kind, name, namespace

CLUSTER_SCOPED = {
    "Namespace", "PriorityClass", "ClusterRole", "ClusterRoleBinding", "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding", "APIService", "ClusterIssuer", "GatewayClass", "StorageClass",
    "VolumeSnapshotClass", "CustomResourceDefinition", "ClusterAnalysisTemplate",
}


def names(objects):
    """Each object is there once, in a namespace that is made here or with the cluster."""
    made = {o["metadata"]["name"] for o in kind(objects, "Namespace")} | PLATFORM_NAMESPACES
    seen = set()
    for o in objects:
        identity = (o["apiVersion"], o["kind"], namespace(o), o["metadata"]["name"])
        if identity in seen:
            yield f"{name(o)}: is there twice"
        seen.add(identity)
        if o["kind"] in CLUSTER_SCOPED:
            if namespace(o):
                yield f"{name(o)}: has a namespace, but its kind has none"
            # An APIService is called after what it serves.
            if not o["metadata"]["name"].startswith("tollgate") and o["kind"] != "APIService":
                yield f"{name(o)}: may be somebody else's too, since the whole cluster has one of that name"
        elif namespace(o) not in made:
            yield f"{name(o)}: its namespace {namespace(o)!r} is not made here"
