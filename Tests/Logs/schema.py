"""The schema of log lines: as docs/observability/logs.md has it, and as the sources write it."""
import glob
import os
import re
from datetime import datetime

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PAGE = os.path.join(ROOT, "docs/observability/logs.md")
LEVELS = {"trace", "debug", "info", "notice", "warning", "error", "critical"}
# Members of a line's text whose values are constants of the code.
CONSTANTS = {"service": {"gateway", "user-service", "payments-service"}, "level": LEVELS}


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def source(path):
    return read(os.path.join(ROOT, "Sources", path))


def table(title, page=None):
    """{field: (type, when)} of the table below a heading of the page, in its order."""
    chapter = re.search(rf"(?ms)^## {re.escape(title)}\n(.*?)(?=^## |\Z)", page or read(PAGE))[1]
    found = {}
    for row in re.findall(r"(?m)^\| (`.*?) \|$", chapter):
        cells = [cell.strip() for cell in row.split(" | ")]
        for name in re.findall(r"`([a-z_]+)`", cells[0]):
            assert name not in found, f"{title}: {name} is there twice"
            found[name] = (cells[1], cells[2])
    return found


def members(text):
    """The names of members in string literals of Swift, in order: \\"name\\":"""
    return re.findall(r'\\"([a-z_]+)\\":', text)


def of_every_line():
    """The fields that both writers of lines begin with."""
    handler = members(source("Chassis/Logging/ChassisLogHandler.swift").split("func appendJSON(")[1].split("for (name")[0])
    access = members(source("Chassis/Logging/AccessLog.swift"))
    # `head` is written after the time.
    own = ["time"] + [name for name in access if name != "time"]
    assert own[:len(handler)] == handler, f"access lines begin with {own[:len(handler)]}, others with {handler}"
    return handler


def of_access_lines():
    text = source("Chassis/Logging/AccessLog.swift")
    return [name for name in members(text) if name not in of_every_line()]


def of_events():
    """The keys of metadata that is handed to loggers, anywhere in the sources: literals, and fields of a logger itself."""
    found = {}
    for path in sorted(glob.glob(os.path.join(ROOT, "Sources/**/*.swift"), recursive=True)):
        text = read(path)
        for literal in re.finditer(r"metadata: \[(?=\s*\")", text):
            end, depth = literal.end(), 1
            while depth:
                depth += {"[": 1, "]": -1}.get(text[end], 0)
                end += 1
            for name in re.findall(r'(?:^|[,\[\s])"([A-Za-z_]+)":', text[literal.end():end - 1]):
                found.setdefault(name, os.path.relpath(path, ROOT))
        # Fields of a logger itself, and those that the handler adds.
        for name in re.findall(r'(?:\[metadataKey: |\ball\[)"([A-Za-z_]+)"\]', text):
            found.setdefault(name, os.path.relpath(path, ROOT))
    return found


def differences():
    """Where the page and the sources are not the same."""
    if list(table("Every line")) != of_every_line():
        yield f"every line: the code writes {of_every_line()}, the page has {list(table('Every line'))}"
    if list(table("Access lines")) != of_access_lines():
        yield f"access lines: the code writes {of_access_lines()}, the page has {list(table('Access lines'))}"
    events, documented = of_events(), table("Events and audit lines")
    for name in sorted(set(events) - set(documented)):
        yield f"{name}, which {events[name]} writes, is not on the page"
    for name in sorted(set(documented) - set(events)):
        yield f"{name} is on the page, and nothing writes it"


def wrong_type(name, kind, value):
    if name in CONSTANTS:
        return value not in CONSTANTS[name]
    if kind.startswith("time"):
        try:
            return datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ").isoformat(timespec="milliseconds") + "Z" != value
        except (TypeError, ValueError):
            return True
    digits = re.match(r"(\d+) hexadecimal digits", kind)
    if digits:
        return not re.fullmatch(rf"[0-9a-f]{{{digits[1]}}}", str(value)) or not isinstance(value, str)
    if kind == "integer":
        return type(value) is not int or value < 0
    if kind.startswith("number"):
        return type(value) not in (int, float) or value < 0
    if kind == "address":
        return not re.fullmatch(r"[0-9a-f.:]+", str(value)) or not isinstance(value, str)
    if kind == "true":
        return value is not True
    return not isinstance(value, str)


def kind(line):
    return "audit" if line.get("category") == "audit" else "access" if line.get("message") == "request" else "event"


def faults(line, every=None, access=None, events=None):
    """What is wrong with a line, as the page has it."""
    every, access = every or table("Every line"), access or table("Access lines")
    events = events or table("Events and audit lines")
    rest = access if kind(line) == "access" else events
    names = list(line)
    if names[:len(every)] != list(every):
        yield f"begins with {names[:len(every)]}"
    own = [name for name in names if name not in every]
    order = [name for name in rest if name in own] if kind(line) == "access" else sorted(own)
    if own != order:
        yield f"the order is {own}"
    for name, (_, when) in rest.items():
        if kind(line) == "access" and when.startswith("always") and name not in line:
            yield f"{name} is missing"
    for name, value in line.items():
        known = {**every, **rest}.get(name)
        if known is None:
            yield f"{name} is unknown"
        elif wrong_type(name, known[0], value):
            yield f"{name} is {value!r}, no {known[0]}"
