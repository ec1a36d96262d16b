"""What is asked of Prometheus is there."""
import functools
import os
import re

from .objects import kind, name

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
# What Prometheus itself adds, cert-manager, and kube-state-metrics.
OF_OTHERS = {"up", "certmanager_certificate_expiration_timestamp_seconds", "kube_cronjob_created",
             "kube_cronjob_status_last_successful_time"}


@functools.cache
def known():
    with open(os.path.join(ROOT, "docs/metrics.md"), encoding="utf-8") as file:
        return set(re.findall(r"^\| `([a-z_]+)`", file.read(), re.MULTILINE))


def used(expression):
    """The names of metrics in a PromQL expression: words before a brace, a bracket or an operator, but no functions.
    Tests/Observability asks for labels too."""
    bare = re.sub(r'"[^"]*"', '""', expression)
    bare = re.sub(r"\{[^}]*\}", "{}", bare)
    bare = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", "", bare)
    words = re.findall(r"[a-zA-Z_][a-zA-Z0-9_:]*(?!\s*\(|[a-zA-Z0-9_:])", re.sub(r"\[[^\]]*\]", "", bare))
    return {word for word in words if word not in {"and", "or", "unless", "bool", "by", "without"}}


def metrics(objects):
    """Every metric of an alert, and of the requests that an autoscaler counts, is one that the services have."""
    there = known() | {metric + suffix for metric in known() for suffix in ("_bucket", "_sum", "_count")} | OF_OTHERS
    for rule in kind(objects, "PrometheusRule"):
        records = {one["record"] for group in rule["spec"]["groups"] for one in group["rules"] if "record" in one}
        for group in rule["spec"]["groups"]:
            for alert in group["rules"]:
                for metric in used(alert["expr"]) - there - records:
                    yield f'{name(rule)}: {alert.get("alert", alert.get("record"))} asks for {metric}, which nobody has'
                for needed in ("summary", "runbook_url"):
                    if "alert" in alert and needed not in alert.get("annotations", {}):
                        yield f'{name(rule)}: {alert["alert"]} has no {needed}'
    served = set()
    for m in kind(objects, "ConfigMap"):
        if m["metadata"]["name"].startswith("prometheus-adapter"):
            text = m["data"]["config.yaml"]
            for metric in re.findall(r"seriesQuery: ([a-z_]+)", text):
                if metric not in there:
                    yield f"{name(m)}: asks for {metric}, which nobody has"
            served |= set(re.findall(r"as: ([a-z_]+)", text))
    for h in kind(objects, "HorizontalPodAutoscaler"):
        for metric in h["spec"]["metrics"]:
            if metric["type"] == "Pods" and metric["pods"]["metric"]["name"] not in served:
                yield f'{name(h)}: nobody serves {metric["pods"]["metric"]["name"]}'
