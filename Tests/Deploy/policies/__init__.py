"""The rules of this project over rendered Kubernetes objects. Each rule is a function that takes all objects of an
environment and yields a sentence for each breach; `mistakes` plants breaches of each."""
from . import alerts, edges, fronts, identity, images, meshes, pods, probes, references, scaling, secrets, selectors, shutdown

RULES = [
    identity.names, pods.restricted, pods.namespaces, pods.resources, pods.quota, probes.probes, images.pinned,
    selectors.services, selectors.policies, selectors.monitors, references.configuration, references.files,
    references.others, edges.denied, edges.upstreams, edges.platform, edges.fronts, edges.closed, edges.proxies,
    edges.both_ends, fronts.deadlines, fronts.clients, meshes.members, meshes.clients, meshes.probes, meshes.threads,
    meshes.idle, scaling.writers, scaling.autoscalers, scaling.budgets, scaling.nodes, scaling.providers,
    scaling.admission, shutdown.grace, secrets.none, alerts.metrics,
]


def breaches(objects):
    return [f"{rule.__module__.rpartition('.')[2]}.{rule.__name__}: {text}" for rule in RULES for text in rule(objects)]
