"""Reads the configurations of Fluentd and Fluent Bit and does to a line what they say: patterns, JSON, times, added members,
the id and the index. What it does not know it refuses, so a rule that is not carried out here is no rule that passes.
"""
import base64
import fnmatch
import hashlib
import json
import os
import re
from datetime import datetime, timezone

import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FLUENTD = "deploy/components/fluentd/fluent.conf"
FLUENTD_OF_COMPOSE = "observability/fluentd/fluent.conf"
FLUENT_BIT = "deploy/components/fluent-bit/fluent-bit.yaml"


class Element:
    """<name argument> … </name>"""

    def __init__(self, name, argument):
        self.name, self.argument, self.values, self.children = name, argument, {}, []

    def child(self, name):
        return next(each for each in self.children if each.name == name)


def parse(text):
    """Fluentd's format, as far as it is used here."""
    root = Element("root", "")
    open_elements = [root]
    for line in (line.strip() for line in text.splitlines()):
        if not line or line.startswith("#"):
            continue
        if line.startswith("</"):
            assert open_elements.pop().name == line[2:-1], line
        elif line.startswith("<"):
            name, _, argument = line[1:-1].partition(" ")
            element = Element(name, argument)
            open_elements[-1].children.append(element)
            open_elements.append(element)
        else:
            name, _, value = line.partition(" ")
            open_elements[-1].values[name] = value.strip()
    assert open_elements == [root], "an element is not closed"
    return root.children


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def selected(pattern, tag):
    """Whether Fluentd's match pattern takes a tag."""
    expression = re.escape(pattern).replace(r"\.\*\*", r"(\..*)?").replace(r"\*\*", ".*").replace(r"\*", r"[^.]+")
    return re.fullmatch(expression, tag) is not None


def time_of(text, how):
    """A time in nanoseconds, by the format of a parser; ValueError where it does not fit."""
    if how in ("%iso8601", "%Y-%m-%dT%H:%M:%S.%N%:z", "%Y-%m-%dT%H:%M:%S.%L%z"):
        found = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{1,9})(Z|[+-]\d\d:?\d\d)", text)
        if not found:
            raise ValueError(text)
        seconds = datetime.strptime(found[1] + found[3].replace("Z", "+0000"), "%Y-%m-%dT%H:%M:%S%z").timestamp()
        return int(seconds) * 10**9 + int(found[2].ljust(9, "0"))
    raise AssertionError(f"a time format that this test does not know: {how}")


# The expressions of Ruby in record_transformer, each with what it means.
RUBY = {
    "${tag_parts[4].split('_')[0]}": lambda tag, record: tag.split(".")[4].split("_")[0],
    r"${tag_parts[4].split('_')[2].to_s.sub(/-[0-9a-f]{64}$/, '')}":
        lambda tag, record: re.sub(r"-[0-9a-f]{64}$", "", tag.split(".")[4].split("_")[2]),
    "${record['category'] || (record['message'] == 'request' ? 'access' : 'event')}":
        lambda tag, record: record.get("category") or ("access" if record.get("message") == "request" else "event"),
}


class Fluentd:
    """One line of a container's file becomes a document: (index, id, time in nanoseconds, record)."""

    def __init__(self, text=None):
        self.elements = parse(text or read(FLUENTD))
        self.source = next(e for e in self.elements if e.name == "source" and e.values["@type"] == "tail")

    def tag(self, path):
        assert self.source.values["tag"].endswith(".*") and fnmatch.fnmatch(path, self.source.values["path"]), path
        return self.source.values["tag"][:-2] + path.replace("/", ".")

    def pattern(self):
        """The expression of the source, as Ruby writes it; None where it takes lines whole."""
        return self.source.child("parse").values.get("expression", "")[1:-1] or None

    def expressions(self):
        """The expressions in Ruby of every record_transformer."""
        transformers = [e for e in self.elements if e.name == "filter" and e.values["@type"] == "record_transformer"]
        return [value for e in transformers for value in e.child("record").values.values()]

    def read(self, line):
        """What the source makes of a line: (time, record), or None where its pattern does not fit."""
        parser = self.source.child("parse").values
        if parser["@type"] == "none":
            return 0, {parser["message_key"]: line}
        assert parser["@type"] == "regexp"
        # Ruby's names of groups in Python's spelling; the rest of these expressions is the same.
        found = re.search(parser["expression"][1:-1].replace("(?<", "(?P<"), line)
        if not found:
            return None
        record = found.groupdict()
        time = time_of(record["time"], parser["time_format"])
        if parser.get("keep_time_key") != "true":
            del record["time"]
        return time, record

    def document(self, path, line):
        if self.read(line) is None:
            return None
        (time, record), tag = self.read(line), self.tag(path)
        for element in self.elements:
            if element.name == "filter" and selected(element.argument, tag):
                time = getattr(self, element.values["@type"])(element, tag, record, time)
        output = next(e for e in self.elements if e.name == "match" and selected(e.argument, tag)).values
        buffer = next(e for e in self.elements if e.name == "match").child("buffer")
        identity = record.pop(output["id_key"])
        prefix = output["logstash_prefix"]
        for key in buffer.argument.split(","):
            prefix = prefix.replace("${%s}" % key, record[key])
        assert "${" not in prefix, "a member in the index that is no key of the buffer's chunks"
        day = datetime.fromtimestamp(time // 10**9, timezone.utc).strftime("%Y.%m.%d")
        return f"{prefix}-{day}", identity, time, record

    @staticmethod
    def record_transformer(element, tag, record, time):
        for name, expression in element.child("record").values.items():
            record[name] = RUBY[expression](tag, record)
        for name in filter(None, element.values.get("remove_keys", "").split(",")):
            record.pop(name, None)
        return time

    @staticmethod
    def elasticsearch_genid(element, tag, record, time):
        values = element.values
        assert values["use_record_as_seed"] == "true", "without it the id is random"
        seed = tag + "_" if values.get("include_tag_in_seed") == "true" else ""
        seed += "_".join(str(record.get(key, "")) for key in values["record_keys"].split(","))
        digest = hashlib.new(values["hash_type"], seed.encode()).digest()
        record[values["hash_id_key"]] = base64.b64encode(digest).decode()
        return time

    @staticmethod
    def parser(element, tag, record, time):
        how = element.child("parse").values
        assert how["@type"] == "json" and element.values["reserve_data"] == "true"
        try:
            parsed = json.loads(record[element.values["key_name"]])
            assert isinstance(parsed, dict)
        except (ValueError, AssertionError):
            return time
        if element.values.get("remove_key_name_field") == "true":
            del record[element.values["key_name"]]
        if how["time_key"] in parsed:
            time = time_of(parsed[how["time_key"]], how["time_format"])
            if how.get("keep_time_key") != "true":
                del parsed[how["time_key"]]
        record.update(parsed)
        return time


class FluentBit:
    """One line of LOG_FILE becomes a document: (index, time in nanoseconds, record)."""

    def __init__(self, text=None):
        config = yaml.safe_load(text or read(FLUENT_BIT))
        self.parsers = {each["name"]: each for each in config["parsers"]}
        self.input, = config["pipeline"]["inputs"]
        self.filters, (self.output,) = config["pipeline"]["filters"], config["pipeline"]["outputs"]

    def document(self, line, environment):
        parser = self.parsers[self.input["parser"]]
        assert parser["format"] == "json"
        record = json.loads(line)
        time = time_of(record[parser["time_key"]], parser["time_format"])
        if parser.get("time_keep") != "on":
            del record[parser["time_key"]]
        for each in self.filters:
            assert each["name"] == "modify" and each["match"] == self.input["tag"] == self.output["match"]
            if self.holds(each.get("condition"), record):
                key, value = each["add"].split(" ", 1)
                record.setdefault(key, re.sub(r"\$\{(\w+)\}", lambda m: environment[m[1]], value))
        prefix = record.get(self.output["logstash_prefix_key"], self.output["logstash_prefix"])
        day = datetime.fromtimestamp(time // 10**9, timezone.utc).strftime("%Y.%m.%d")
        return f"{prefix}-{day}", time, record

    @staticmethod
    def holds(condition, record):
        if condition is None:
            return True
        what, key, *rest = condition.split(" ")
        if what == "key_value_equals":
            return record.get(key) == " ".join(rest)
        assert what == "key_does_not_exist" and not rest, condition
        return key not in record
