"""A stack as the version before deployed it: what its program declared is registered once more, by a program of its own.

The resources have the names, parents and inputs of then, so the stack's state and everything outside are what that version
would have left.
"""

import json
import shutil
from pathlib import Path

import yaml

from .sandbox import CHECKOUT, Stack

_RECORDED = Path(__file__).with_name("version_before.yaml")
_PROJECT = "name: self-hosted-gateway\nruntime:\n  name: python\n  options:\n    virtualenv: .venv\n"
_PROGRAM = """import base64
import json
import pathlib
import re
from importlib.metadata import version

import pulumi

REFERENCE = re.compile(r"\\$\\{(base64 )?([^.}]+)\\.([^}]+)\\}")
resources = json.loads(pathlib.Path("resources.json").read_text())
made = {}


def output(name, path):
    first, *below = path.split(".")
    value = getattr(made[name], first)
    for step in below:
        value = value[step]
    return value


def resolved(value):
    if isinstance(value, dict):
        return {key: resolved(each) for key, each in value.items()}
    if isinstance(value, list):
        return [resolved(each) for each in value]
    if not isinstance(value, str) or not REFERENCE.search(value):
        return value
    text, *references = REFERENCE.split(value)
    parts = [text]
    for encoded, name, path, text in zip(*(iter(references),) * 4):
        found = output(name, path)
        parts += [found.apply(lambda it: base64.b64encode(it.encode()).decode()) if encoded else found, text]
    return pulumi.Output.concat(*parts)


def referred_to(name):
    return {path.split(".")[0] for _, of, path in REFERENCE.findall(json.dumps(resources)) if of == name}


for each in resources:
    type_, name = each["type"], each["name"]
    given = each.get("options", {})
    timeouts = given.get("customTimeouts")
    options = pulumi.ResourceOptions(
        parent=made.get(each.get("parent")),
        depends_on=[made[other] for other in given.get("dependsOn", [])],
        ignore_changes=given.get("ignoreChanges"),
        replace_on_changes=given.get("replaceOnChanges"),
        delete_before_replace=given.get("deleteBeforeReplace"),
        additional_secret_outputs=given.get("additionalSecretOutputs"),
        custom_timeouts=pulumi.CustomTimeouts(**timeouts) if timeouts else None,
    )
    if "inputs" not in each:
        made[name] = pulumi.ComponentResource(type_, name, None, options)
        continue
    inputs = {**dict.fromkeys(referred_to(name) - {"id"}), **resolved(each["inputs"])}
    options.version = version(f"pulumi-{type_.removeprefix('pulumi:providers:').partition(':')[0]}")
    if type_.startswith("pulumi:providers:"):
        made[name] = pulumi.ProviderResource(type_.rpartition(":")[2], name, inputs, options)
    else:
        options.provider = made[each["provider"]]
        made[name] = pulumi.CustomResource(type_, name, inputs, options)
"""


def deploy(stack: Stack, folder: Path) -> None:
    """Deploy it, with the stack's file of that version, which the stack has from then on.

    Args:
        stack: an empty one.
        folder: an empty one, for the program.
    """
    recorded = yaml.safe_load(_RECORDED.read_text())
    stack.configure(recorded["config"])
    shutil.copy(stack.sandbox.program / f"Pulumi.{stack.name}.yaml", folder)
    (folder / "Pulumi.yaml").write_text(_PROJECT)
    (folder / "__main__.py").write_text(_PROGRAM)
    (folder / "resources.json").write_text(json.dumps(recorded["resources"]))
    (folder / ".venv").symlink_to(CHECKOUT / ".venv")
    stack.up(cwd=folder).ok()
