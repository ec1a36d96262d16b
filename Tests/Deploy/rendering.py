"""Which components go together with which overlays, and what Kustomize makes of them."""
import itertools
import os
import shutil
import subprocess
import tempfile

import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OVERLAYS = ["dev", "staging", "production"]
# A component that makes sense only after another one, or after one of several.
AFTER = {
    "jaeger": [["opentelemetry"]],
    "fluentd": [["elasticsearch"]],
    "fluent-bit": [["elasticsearch"]],
    "requests-autoscaling": [["service-monitor"]],
    "cert-manager": [["ingress"], ["gateway-api"], ["ingress", "gateway-api"]],
    "istio": [["ingress"], ["gateway-api"], ["kong"]],
    "linkerd": [["ingress"], ["gateway-api"], ["kong"]],
}
# Alternatives to each other.
APART = [
    {"istio", "linkerd"},
    {"vault", "sealed-secrets"},
    {"kong", "ingress"},
    {"kong", "gateway-api"},
    {"kong", "cert-manager"},
]


def components():
    return sorted(os.listdir(os.path.join(ROOT, "deploy/components")))


def overlay(name):
    with open(os.path.join(ROOT, "deploy/overlays", name, "kustomization.yaml"), encoding="utf-8") as file:
        return yaml.safe_load(file)


def included(name):
    """The components that an overlay has by itself."""
    return [os.path.basename(path) for path in overlay(name).get("components", [])]


def compatible(chosen):
    return not any(pair <= set(chosen) for pair in APART)


def ordered(chosen):
    """The components with what each needs before it, in every variant that makes sense."""
    needs = [AFTER[name] for name in chosen if name in AFTER]
    # What is chosen already is not chosen once more in other ways.
    needs = [[max((group for group in groups if set(group) <= set(chosen)), key=len)]
             if any(set(group) <= set(chosen) for group in groups) else groups for groups in needs]
    for variant in itertools.product(*needs):
        before = list(dict.fromkeys(name for group in variant for name in group))
        every = before + [name for name in chosen if name not in before]
        if compatible(every):
            yield every


def combinations():
    """(overlay, components): each component with each overlay, and all that go together, in two orders: with each front,
    each mesh and each store of keys. Every pair that goes together is in one of these."""
    seen = set()
    wanted = [(name, []) for name in OVERLAYS]
    wanted += [(name, [one]) for name in OVERLAYS for one in components()]
    for mesh, store, front in itertools.product(
        ["istio", "linkerd"], ["vault", "sealed-secrets"], [["kong"], ["ingress", "gateway-api", "cert-manager"]]
    ):
        apart = {"istio", "linkerd", "vault", "sealed-secrets", "kong", "ingress", "gateway-api", "cert-manager"}
        every = front + [n for n in components() if n not in apart] + [mesh, store]
        wanted += [("production", order) for order in (every, every[::-1])]
    for name, chosen in wanted:
        for every in ordered(chosen):
            every = [one for one in every if one not in included(name)]
            if (name, tuple(every)) not in seen:
                seen.add((name, tuple(every)))
                yield name, every


def kustomize(folder):
    """The command that renders a folder, or None where there is neither program."""
    if shutil.which("kubectl"):
        return ["kubectl", "kustomize", folder]
    if shutil.which("kustomize"):
        return ["kustomize", "build", folder]
    return None


def parse(text):
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return [document for document in yaml.load_all(text, loader) if document]


def render_folder(folder):
    done = subprocess.run(kustomize(folder), capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{folder}: {done.stderr.strip()}")
    return parse(done.stdout)


def render(name, chosen):
    """The overlay as it would be with a line for each of the components."""
    kustomization = overlay(name)
    if set(kustomization) - {
        "apiVersion", "kind", "resources", "components", "labels", "configMapGenerator", "images", "patches"
    }:
        raise RuntimeError(f"{name}: a member that this test cannot move to another folder")
    here = os.path.join(ROOT, "deploy/overlays", name)
    paths = [os.path.join(ROOT, "deploy/components", one) for one in chosen]
    with tempfile.TemporaryDirectory() as folder:
        # Kustomize resolves links before it follows a relative path.
        folder = os.path.realpath(folder)
        for member, more in (("resources", []), ("components", paths)):
            absolute = [os.path.join(here, path) for path in kustomization.get(member, [])] + more
            kustomization[member] = [os.path.relpath(os.path.realpath(path), folder) for path in absolute]
        with open(os.path.join(folder, "kustomization.yaml"), "w", encoding="utf-8") as file:
            yaml.safe_dump(kustomization, file)
        return render_folder(folder)
