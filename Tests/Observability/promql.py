"""What a PromQL expression asks for: the metrics with the labels that they are chosen by, and the labels that the result
is grouped by. A scanner, no parser: it knows what a name, a matcher and a list of labels look like."""
import re
from dataclasses import dataclass, field

WORD = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
MATCHER = re.compile(r'\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"\s*,?')
LISTS = {"by", "without", "on", "ignoring", "group_left", "group_right"}
OPERATORS = {"and", "or", "unless", "bool", "offset", "inf", "nan", "e"}
AGGREGATIONS = {"sum", "min", "max", "avg", "count", "topk", "bottomk", "quantile", "stddev", "group"}


@dataclass
class Selector:
    metric: str
    # (label, operator, value)
    matchers: list = field(default_factory=list)


@dataclass
class Query:
    selectors: list = field(default_factory=list)
    grouped: set = field(default_factory=set)


def scan(expression):
    """The parts of an expression. Raises ValueError for what is none."""
    found, at = Query(), 0
    while at < len(expression):
        if expression[at] == '"':
            at = re.compile(r'"(?:[^"\\]|\\.)*"').match(expression, at).end()
        elif expression[at] == "[":
            at = expression.index("]", at) + 1
        elif expression[at].isdigit():
            at = re.compile(r"[0-9.]+(e[+-]?[0-9]+)?[smhdwy]?").match(expression, at).end()
        elif word := WORD.match(expression, at):
            at = _word(word, expression, found)
        elif expression[at] == "{":
            raise ValueError(f"a selector without a metric: {expression[at:at + 40]}")
        else:
            at += 1
    return found


def _word(word, expression, found):
    """Takes in a word and what belongs to it; says where it ends."""
    name, rest = word[0], word.end()
    following = re.compile(r"\s*").match(expression, rest).end()
    opened = expression[following:following + 1]
    if name in LISTS and opened == "(":
        end = expression.index(")", following)
        found.grouped |= set(WORD.findall(expression[following + 1:end]))
        return end + 1
    if name in OPERATORS | AGGREGATIONS | LISTS or opened == "(":
        return rest
    selector = Selector(name)
    found.selectors.append(selector)
    if opened != "{":
        return rest
    at = following + 1
    while expression[at] != "}":
        matcher = MATCHER.match(expression, at)
        if not matcher:
            raise ValueError(f"no matcher: {expression[at:at + 40]}")
        selector.matchers.append(matcher.groups())
        at = matcher.end()
        at = re.compile(r"\s*").match(expression, at).end()
    return at + 1
