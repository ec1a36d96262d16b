#!/usr/bin/env python3
"""Checks the three pipelines: they parse, have the same stages in the same order, call make targets and nothing else,
pin what they use, and ask before production. Nothing of them is run here.

usage: check_pipelines.py               prints each breach and exits 1
       check_pipelines.py --self-test   plants a mistake for each rule and expects it to be caught
"""
import importlib.util
import os
import re
import subprocess
import sys
import tempfile

import yaml

from pipelines import GITHUB, GITLAB, JENKINS, READERS

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
STAGES = ["lint", "analyse", "test", "sanitizers", "build-image", "scan", "sbom", "sign", "push", "deploy-staging",
          "smoke", "promote", "rollback"]
MAKEFILES = ["Makefile", "deploy/delivery.mk"]
TOOLS, REQUIREMENTS = "deploy/pipeline/tools", "deploy/pipeline/requirements.txt"
RUNNER, RENDERERS = "scripts/pipeline-tools", "scripts/install-kubernetes-tools"
# How a runner gets its tools: all else that a stage runs is one make target.
PREPARATIONS = ["scripts/pipeline-tools", r"(sudo )?apt-get [\w -]+( && sudo apt-get [\w -]+)?", r"apk add --no-cache [\w -]+",
                r"docker run --privileged --rm docker\.io/tonistiigi/binfmt:[\w.-]+ --install arm64"]
SCHEMAS = {GITHUB: ["vendor.github-workflows"], GITLAB: ["vendor.gitlab-ci", "--data-transform", "gitlab-ci"]}


def parses(files):
    """Each file parses; GitHub's and GitLab's fit the schemas that these publish."""
    for path, reader in READERS.items():
        try:
            reader(files[path])
        except (ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError) as error:
            yield f"{path}: {' '.join(str(error).split())}"
    if importlib.util.find_spec("check_jsonschema") is None:
        return
    for path, schema in SCHEMAS.items():
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as copy:
            copy.write(files[path])
            copy.flush()
            done = subprocess.run(["check-jsonschema", "--builtin-schema", *schema, copy.name], capture_output=True, text=True)
        if done.returncode != 0:
            yield f"{path}: {' '.join(done.stdout.split())[:400]}"


def same_stages(files):
    """All three have the stages of STAGES, in that order."""
    for path, stages in read(files):
        names = [stage.name for stage in stages]
        if names != STAGES:
            yield f"{path}: has {names}"


def order(files):
    """Where a pipeline says what waits for what, nothing is overtaken: an image is built of what has passed, and every
    later stage waits for all before it."""
    for path, stages in read(files):
        waits = {stage.name: set() for stage in stages}
        for stage in stages:
            for earlier in stage.after or []:
                waits[stage.name] |= {earlier} | waits.get(earlier, {f"{earlier}, which is later"})
            first, last = STAGES.index("build-image"), STAGES.index("rollback")
            if stage.after is not None and stage.name in STAGES[first:last]:
                missing = set(STAGES[:STAGES.index(stage.name)]) ^ waits[stage.name]
                if missing:
                    yield f"{path}: {stage.name} does not wait for exactly what is before it: {sorted(missing)}"


def thin(files):
    """A stage is one make target of its own name, which exists."""
    targets = {target for path in MAKEFILES for target in re.findall(r"(?m)^([a-z][a-z-]*):", files[path])}
    for path, stages in read(files):
        for stage in stages:
            if stage.targets() != [stage.name]:
                yield f"{path}: {stage.name} calls {stage.targets()}"
            for target in set(stage.targets()) - targets:
                yield f"{path}: there is no target {target}"
            for command in stage.commands:
                if not command.startswith("make ") and not any(re.fullmatch(known, command) for known in PREPARATIONS):
                    yield f"{path}: {stage.name} runs {command!r}"


def pinned(files):
    """Actions by commit; images, runners and tools by version."""
    for action in re.findall(r"uses: (.*)", files[GITHUB]):
        if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action):
            yield f"{GITHUB}: {action} is not pinned by a commit with its version beside it"
    for runner in re.findall(r"runs-on: (.*)", files[GITHUB]):
        if not re.fullmatch(r"ubuntu-\d\d\.\d\d", runner):
            yield f"{GITHUB}: runs on {runner}"
    images = re.findall(r"(?m)^ *(?:container|image): (\S+)", files[GITHUB] + files[GITLAB])
    images += re.findall(r"services: \[(\S+)\]", files[GITLAB]) + re.findall(r"docker\.io/\S+", files[GITLAB])
    images += re.findall(r"image '(\S+)'", files[JENKINS]) + [line.split()[1] for line in files[TOOLS].splitlines()]
    for image in images:
        if not re.search(r":[\w.-]*\d+\.\d+[\w.-]*(@sha256:[0-9a-f]{64})?$", image):
            yield f"{image} has no version"
    for line in files[REQUIREMENTS].splitlines():
        if not line.startswith("#") and not re.fullmatch(r"[\w-]+==[\d.]+", line):
            yield f"{REQUIREMENTS}: {line}"


def approved(files):
    """Production waits for a person."""
    for path, stages in read(files):
        for stage in stages:
            if stage.name == "promote" and not stage.approval:
                yield f"{path}: nobody is asked before production"


def careful(files):
    """No expression is pasted into a shell's line, and a job has the rights it needs and no more."""
    workflow = yaml.safe_load(files[GITHUB])
    if workflow.get("permissions") != {"contents": "read"}:
        yield f"{GITHUB}: permissions are not read only"
    for name, job in workflow["jobs"].items():
        extra = {right for right, level in job.get("permissions", {}).items() if level == "write"}
        if extra - ({"id-token"} if name in ("sign", "push") else set()):
            yield f"{GITHUB}: {name} may write {sorted(extra)}"
    for path, stages in read(files):
        for stage in stages:
            if any("${{" in command for command in stage.commands):
                yield f"{path}: {stage.name} pastes an expression into a command"


def equipped(files):
    """A stage that renders manifests has what renders them: the image of the Swift toolchain has not. And all tests of
    manifests are among those of static analysis."""
    for path, stages in read(files):
        for stage in stages:
            if stage.name in ("lint", "analyse", "test", "sanitizers") and RUNNER not in stage.commands:
                yield f"{path}: {stage.name} does not install what it uses"
    for path in (GITHUB, JENKINS):  # GitLab's are variables of the whole pipeline.
        found = len(re.findall(r"REGISTRY_PASSWORD\b", files[path]))
        if found < 4:
            yield f"{path}: {found} stages know the registry's password; push, deploy-staging, smoke and promote read from it"
    for program in ("helm", "kubectl"):
        for script in (RUNNER, RENDERERS):
            if not re.search(rf"(?m)^for program in [a-z ]*\b{program}\b", files[script]):
                yield f"{script}: does not install {program}"
    if not re.search(rf"(?m)^{RENDERERS}\b", files[RUNNER]):
        yield f"{RUNNER}: does not call {RENDERERS}"
    recipe = re.search(r"(?m)^analyse:.*\n((?:\t.*\n)+)", files["deploy/delivery.mk"])[1]
    for target in re.findall(r"(?m)^(test-(?:deploy|strategies|chart|argo-cd|pipelines)):", files["Makefile"] + files["deploy/delivery.mk"]):
        if not re.search(rf" {target}\b", recipe):
            yield f"deploy/delivery.mk: analyse leaves {target} out"


RULES = [parses, same_stages, order, thin, pinned, approved, careful, equipped]


def read(files):
    return [(path, reader(files[path])) for path, reader in READERS.items()]


def breaches(files):
    broken = [f"parses: {text}" for text in parses(files)]
    if broken:
        return broken
    return [f"{rule.__name__}: {text}" for rule in RULES[1:] for text in rule(files)]


# For each rule, mistakes: the file, what is replaced (once), by what.
MISTAKES = [
    ("parses", GITHUB, "jobs:\n", "jobs: [\n"),
    ("parses", GITHUB, "runs-on: ubuntu-24.04", "run-on: ubuntu-24.04"),
    ("parses", GITLAB, "stage: scan", "stage: scam"),
    ("parses", JENKINS, "sh 'make scan'\n", "sh 'make scan\n"),
    ("parses", JENKINS, "stage('scan') {", "stage('scan') {{"),
    ("same_stages", JENKINS, "stage('sbom')", "stage('bom')"),
    ("same_stages", GITLAB, "scan, sbom,", "sbom, scan,"),
    ("same_stages", GITHUB, "  smoke:\n", "  smoke-test:\n"),
    ("order", GITHUB, "needs: [analyse, test, sanitizers]", "needs: [analyse, test]"),
    ("order", GITHUB, "needs: [sign]", "needs: [sbom]"),
    ("thin", GITHUB, "run: make scan", "run: make scans"),
    ("thin", GITLAB, "- make smoke", "- curl https://example.com | sh"),
    ("thin", JENKINS, "sh 'make push'", "sh 'make sign'"),
    ("thin", "deploy/delivery.mk", "\nsbom:", "\nbom:"),
    ("pinned", GITHUB, "@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2", "@v6"),
    ("pinned", GITHUB, "ubuntu-24.04", "ubuntu-latest"),
    ("pinned", GITLAB, "image: docker:27.3.1-cli", "image: docker:cli"),
    ("pinned", JENKINS, "swift:6.3-bookworm", "swift:latest"),
    ("pinned", TOOLS, ":v2.4.1", ":latest"),
    ("pinned", TOOLS, "@sha256:b0", "@sha256:b"),
    ("pinned", REQUIREMENTS, "pyyaml==6.0.3", "pyyaml"),
    ("approved", GITHUB, "{name: production}", "{name: staging}"),
    ("approved", GITLAB, "allow_failure: false", "allow_failure: true"),
    ("approved", JENKINS, "input {", "options {"),
    ("careful", GITHUB, "permissions: {contents: read}", "permissions: {contents: write}"),
    ("careful", GITHUB, "permissions: {contents: read, id-token: write}", "permissions: {packages: write}"),
    ("equipped", GITLAB, "- scripts/pipeline-tools", "- apt-get update"),
    ("equipped", JENKINS, "passwordVariable: 'REGISTRY_PASSWORD'", "passwordVariable: 'PASSWORD'"),
    ("equipped", RUNNER, "scripts/install-kubernetes-tools || true", "true"),
    ("equipped", RENDERERS, "helm kubectl; do", "helm; do"),
    ("equipped", "deploy/delivery.mk", " test-chart test-argo-cd test-pipelines", " test-pipelines"),
    ("careful", GITHUB, "run: make rollback", "run: make rollback ENVIRONMENT=${{ inputs.rollback }}"),
]


def self_test(files):
    rules = {rule.__name__: rule for rule in RULES}
    missed = [f"{name} has none" for name in set(rules) - {planted[0] for planted in MISTAKES}]
    for rule, path, right, wrong in MISTAKES:
        if right not in files[path]:
            missed.append(f"{rule}: {right!r} is not in {path}")
        elif not list(rules[rule]({**files, path: files[path].replace(right, wrong, 1)})):
            missed.append(f"{rule}: {wrong!r} in {path}")
    for text in missed:
        print(f"pipelines: a planted mistake was not caught: {text}")
    print(f"pipelines: {len(MISTAKES)} planted mistakes, {len(missed)} missed")
    return 1 if missed else 0


def main():
    files = {}
    for path in [*READERS, *MAKEFILES, TOOLS, REQUIREMENTS, RUNNER, RENDERERS]:
        with open(os.path.join(ROOT, path), encoding="utf-8") as file:
            files[path] = file.read()
    if sys.argv[1:] == ["--self-test"]:
        return self_test(files)
    found = breaches(files)
    for text in found:
        print(text)
    if importlib.util.find_spec("check_jsonschema") is None:
        print("pipelines: check-jsonschema is not installed: the published schemas were not used")
    print(f"pipelines: {len(RULES) - len({text.split(':')[0] for text in found})} rules passed, {len(found)} breaches")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
