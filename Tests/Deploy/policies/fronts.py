"""What stands in front of the gateway leaves it the time that it needs."""
import functools
import os
import re

import yaml

from .objects import kind, name, pod, settings, workloads

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
NGINX = "nginx.ingress.kubernetes.io/proxy-read-timeout"


@functools.cache
def longest():
    """Seconds of the gateway's longest deadline for an ordinary answer."""
    with open(os.path.join(ROOT, "config/gateway.yaml"), encoding="utf-8") as file:
        configuration = yaml.safe_load(file)
    found = [o.get("timeouts", {}).get("total", "0s") for o in configuration["upstreams"].values()]
    found += [o.get("timeouts", {}).get("total", "0s") for o in configuration["routes"]]
    return max(int(re.fullmatch(r"(\d+)s", each)[1]) for each in found)


def deadlines(objects):
    """Deadlines are the gateway's, which answers when one has passed, and leaves streams open. An Envoy that is not told
    otherwise ends every request after 15 s, an nginx each answer that pauses for 60."""
    for r in kind(objects, "HTTPRoute"):
        for rule in r["spec"]["rules"]:
            if "backendRefs" in rule and rule.get("timeouts", {}).get("request") != "0s":
                yield f"{name(r)}: ends what the gateway would leave open"
    for i in kind(objects, "Ingress"):
        if i["spec"].get("ingressClassName") == "nginx" and int(
            i["metadata"].get("annotations", {}).get(NGINX, "60")
        ) <= longest():
            yield f"{name(i)}: gives up no later than the gateway does"


def clients(objects):
    """Behind a front every connection is the front's: a gateway that is not told of it counts all clients as one."""
    found = kind(objects, "Ingress", "HTTPRoute") + [v for v in kind(objects, "VirtualService") if v["spec"].get("gateways")]
    for o in workloads(objects) if found else []:
        for c in pod(o)["containers"]:
            if c["name"] == "gateway" and settings(objects, o, c).get("TRUSTED_PROXIES", "0") == "0":
                yield f"{name(o)}: takes {name(found[0])} for its one client"
