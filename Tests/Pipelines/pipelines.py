"""Reads the three pipelines into one form: a list of stages, each with what it runs."""
import re

import yaml

GITHUB, GITLAB, JENKINS = ".github/workflows/delivery.yaml", ".gitlab-ci.yml", "Jenkinsfile"


class Stage:
    def __init__(self, name, commands, after=None, approval=False):
        self.name, self.commands, self.approval = name, commands, approval
        self.after = after  # the names of what must have run, where the pipeline says so itself

    def targets(self):
        """The make targets that it calls; what follows a target is variables."""
        return [command.split()[1] for command in self.commands if command.startswith("make ")]


def github(text):
    jobs = yaml.safe_load(text)["jobs"]
    return [
        Stage(
            name,
            [step["run"] for step in job["steps"] if "run" in step],
            job.get("needs", []),
            job.get("environment", {}).get("name") == "production",
        )
        for name, job in jobs.items()
    ]


def gitlab(text):
    file = yaml.safe_load(text)
    jobs = {name: job for name, job in file.items() if isinstance(job, dict) and "stage" in job}
    by_stage = {job["stage"]: (name, job) for name, job in jobs.items()}
    unknown = set(by_stage) - set(file["stages"])
    if unknown or len(by_stage) != len(jobs):
        raise ValueError(f"jobs of no stage, or two of one: {sorted(unknown) or sorted(jobs)}")
    stages = []
    for stage in file["stages"]:
        name, job = by_stage.get(stage, (stage, {}))
        manual = any(rule.get("when") == "manual" and rule.get("allow_failure") is False for rule in job.get("rules", []))
        production = job.get("environment", {}).get("name") == "production"
        commands = inherited(file, job, "before_script") + job.get("script", [])
        stages.append(Stage(name, commands, None, manual and production))
    return stages


def inherited(file, job, member):
    """What a job says, or else the one that it extends."""
    while member not in job and "extends" in job:
        job = file[job["extends"]]
    return job.get(member, [])


def jenkins(text):
    code = without_comments(text)
    balanced(code)
    if not code.strip().startswith("pipeline {"):
        raise ValueError("not a declarative pipeline")
    stages = []
    for found in re.finditer(r"stage\('([^']+)'\) \{", code):
        block = code[found.end():closing(code, found.end())]
        stages.append(Stage(found[1], re.findall(r"\bsh '([^']*)'", block), None, bool(re.search(r"\binput \{", block))))
    return stages


def without_comments(text):
    return re.sub(r"(?m)^\s*//.*$", "", text)


def outside_strings(code):
    """The code with the text of its strings left out, so that brackets can be counted."""
    return re.sub(r"'[^'\n]*'|\"[^\"\n]*\"", lambda found: " " * len(found[0]), code)


def balanced(code):
    pairs, open_ones = {")": "(", "]": "[", "}": "{"}, []
    for number, character in enumerate(outside_strings(code)):
        if character in "([{":
            open_ones.append(character)
        elif character in pairs and (not open_ones or open_ones.pop() != pairs[character]):
            raise ValueError(f"an unexpected {character} in line {code[:number].count(chr(10)) + 1}")
        elif character in "'\"":
            raise ValueError(f"a string without end in line {code[:number].count(chr(10)) + 1}")
    if open_ones:
        raise ValueError(f"{open_ones[-1]} is never closed")


def closing(code, start):
    depth = 1
    for number, character in enumerate(outside_strings(code)[start:], start):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if depth == 0:
            return number
    raise ValueError("a block without end")


READERS = {GITHUB: github, GITLAB: gitlab, JENKINS: jenkins}
