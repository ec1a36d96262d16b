#!/usr/bin/env python3
"""Prints an overlay as it is with these components, each with what it needs before it.

usage: rendered.py OVERLAY COMPONENT..."""
import pathlib
import sys

import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Deploy"))
import rendering  # noqa: E402

name, chosen = sys.argv[1], sys.argv[2:]
components = [one for one in next(rendering.ordered(chosen)) if one not in rendering.included(name)]
yaml.safe_dump_all(rendering.render(name, components), sys.stdout)
