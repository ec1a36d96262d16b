"""No secret is in the repository."""
import json
import re

from .objects import containers, kind, name, with_pods

SECRET_NAMES = re.compile(r"(PASSWORD|TOKEN|SECRET|_KEY)$")


def none(objects):
    """Secrets are made at install: none is rendered, no key is in another object, none is an environment variable."""
    for s in kind(objects, "Secret"):
        yield f"{name(s)}: secrets are made at install, never rendered"
    for o in objects:
        if "PRIVATE KEY-----" in json.dumps(o, default=str):
            yield f"{name(o)}: holds a private key"
    for o in with_pods(objects):
        for c in containers(o):
            for variable in c.get("env", []):
                if SECRET_NAMES.search(variable["name"]):
                    yield f'{name(o)}: {variable["name"]} is a secret in the environment: mount it as a file'
