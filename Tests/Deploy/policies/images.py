"""Which images are run."""
import functools
import os
import re

from .objects import containers, kind, name, with_pods

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
EXACT = re.compile(r"(distroless-)?v?\d+\.\d+\.\d+([.-][0-9A-Za-z.-]+)?")
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@functools.cache
def version():
    with open(os.path.join(ROOT, "Sources/Chassis/Lifecycle/ServiceMain.swift"), encoding="utf-8") as file:
        return re.search(r'static let version = "([^"]+)"', file.read())[1]


def environment(objects):
    found = [n["metadata"].get("labels", {}).get("tollgate/environment") for n in kind(objects, "Namespace")]
    return next((e for e in found if e), None)


def pinned(objects):
    """Each image has a digest or an exact version; ours is this version, or in the dev overlay what was just built."""
    for o in with_pods(objects):
        for c in containers(o):
            image, _, digest = c["image"].partition("@")
            repository, _, tag = image.rpartition(":") if ":" in image.rpartition("/")[2] else (image, "", "")
            who = f'{name(o)}: {c["image"]}'
            if digest:
                if not DIGEST.fullmatch(digest):
                    yield f"{who}: this is no digest"
            elif repository.startswith("tollgate/"):
                if tag != ("dev" if environment(objects) == "dev" else version()):
                    yield f"{who}: not this version"
            elif not EXACT.fullmatch(tag):
                yield f"{who}: neither a digest nor an exact version"
            if c.get("imagePullPolicy") != "IfNotPresent":
                yield f"{who}: is pulled again although it cannot change"
