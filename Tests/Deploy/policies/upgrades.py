"""What the API server lets nobody change in an object that is there: whatever is applied over something else of this
repository (another overlay, a component more, a release strategy) has to have it the same."""
from .objects import name, namespace

# What may change in a StatefulSet, whose other fields may not.
OF_A_STATEFUL_SET = {
    "replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit", "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
}


def fixed(o):
    """The part of an object that is decided when it is made."""
    spec = o.get("spec", {})
    if o["kind"] == "StatefulSet":
        return {member: value for member, value in spec.items() if member not in OF_A_STATEFUL_SET}
    if o["kind"] in ("Deployment", "DaemonSet"):
        return spec["selector"]
    if o["kind"] == "Job":
        return {member: spec.get(member) for member in ("selector", "template", "completionMode")}
    if o["kind"] == "PersistentVolumeClaim":
        return spec
    if o["kind"] == "Service":
        # An address that is given out stays; none is none for good.
        return spec.get("clusterIP")
    if o["kind"] in ("RoleBinding", "ClusterRoleBinding"):
        return o["roleRef"]
    if o["kind"] == "PriorityClass":
        return {member: o.get(member) for member in ("value", "preemptionPolicy")}
    return None


def refused(groups):
    """A sentence for each object that cannot be applied over another of its name: groups are (where, objects)."""
    seen = {}
    for where, objects in groups:
        for o in objects:
            here = fixed(o)
            before, there = seen.setdefault((o["kind"], namespace(o), o["metadata"]["name"]), (where, here))
            if there != here:
                yield f"{name(o)} of {where} cannot be applied over that of {before}"
