"""What there is to ask for: the metrics of docs/metrics.md with their labels and values, those of the recording rules, and
the few of others. And who asks: the rules and the dashboards."""
import glob
import json
import os
import re

import yaml

import promql

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RULES = sorted(glob.glob(os.path.join(ROOT, "observability/prometheus/rules/*.yaml")))
DASHBOARDS = sorted(glob.glob(os.path.join(ROOT, "observability/grafana/dashboards/*.json")))
# What Prometheus adds to each sample.
SCRAPED = {"job", "instance"}
# What others have: Prometheus about its targets, cert-manager about certificates, kube-state-metrics about jobs.
OTHERS = {
    "up": {},
    "kube_cronjob_created": {"namespace": set(), "cronjob": set()},
    "kube_cronjob_status_last_successful_time": {"namespace": set(), "cronjob": set()},
    "certmanager_certificate_expiration_timestamp_seconds": {"name": set(), "namespace": set(), "exported_namespace": set()},
}


def metrics():
    """{metric: {label: its values, empty when they are not listed}}, with the three series of each histogram."""
    found = {}
    with open(os.path.join(ROOT, "docs/metrics.md"), encoding="utf-8") as file:
        for line in file:
            cells = [cell.strip() for cell in line.split("|")]
            if len(cells) != 7 or not re.fullmatch(r"`[a-z0-9_]+`", cells[1]):
                continue
            labels = {}
            for part in filter(None, cells[4].split(";")):
                names = re.findall(r"`([^`]+)`", part)
                labels[names[0]] = set(names[1:])
            name = cells[1].strip("`")
            if cells[2] == "histogram":
                found[name + "_bucket"] = labels | {"le": set()}
                found[name + "_sum"] = found[name + "_count"] = labels
            else:
                found[name] = labels
    return found | OTHERS


def rules():
    """Every rule of the rule files."""
    for path in RULES:
        with open(path, encoding="utf-8") as file:
            for group in yaml.safe_load(file)["groups"]:
                yield from group["rules"]


def records():
    """{recorded metric: its labels}, which are those that its expression groups by."""
    found = {}
    for rule in rules():
        if "record" in rule:
            query = promql.scan(rule["expr"])
            levels = set(rule["record"].split(":")[0].replace("route", "http_route").split("_")) | {"http_route"}
            grouped = query.grouped or {label for s in query.selectors for label in found.get(s.metric, {})}
            # histogram_quantile takes `le` away.
            grouped -= set() if "le" in levels else {"le"}
            found[rule["record"]] = {label: set() for label in grouped}
    return found


def dashboards():
    """(file, panel, expression, legend) of every query, and the queries of the variables."""
    for path in DASHBOARDS:
        name = os.path.basename(path)
        with open(path, encoding="utf-8") as file:
            board = json.load(file)
        for panel in board["panels"]:
            for target in panel.get("targets", []):
                yield name, panel["title"], target["expr"], target["legendFormat"]
        for variable in board["templating"]["list"]:
            if variable["type"] == "query":
                series, label = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]).groups()
                yield name, f"${variable['name']}", f"count by ({label}) ({series})", ""
