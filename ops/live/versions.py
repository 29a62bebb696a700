"""What a live run was run with: the head of its report. What can't be found out is said, and stops no run."""

import json
import os
import platform
import subprocess
from collections.abc import Callable

from ..engine import commands
from ..engine.providers import provider_inputs
from ..engine.state import StackResource
from ..errors import OpsError
from .program import Program

_PROVIDERS = "pulumi:providers:"


def before_the_run() -> dict[str, str]:
    """What is known before anything is deployed."""
    return {
        "Pulumi": _or_reason(_engine),
        "program": _or_reason(_commit),
        "machine": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
    }


def of_the_deployed(program: Program) -> dict[str, str]:
    """What the stack's state and its cluster tell."""
    resources = program.resources()
    return {
        "plugins": _or_reason(lambda: _plugins(resources)),
        "cloud": _cloud(resources),
        "API versions": _api_versions(resources),
        "Kubernetes": _or_reason(lambda: program.cluster().server_version()),
    }


def _or_reason(ask: Callable[[], str]) -> str:
    try:
        return ask()
    except OpsError as error:
        return f"not known: {error}"


def _engine() -> str:
    return commands.run("version").strip()


def _commit() -> str:
    try:
        head = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True)
        changed = subprocess.run(["git", "status", "--porcelain"], capture_output=True, text=True)
    except OSError as error:
        raise OpsError(f"git can't be run: {error.strerror}") from None
    if head.returncode:
        raise OpsError("no git repository")
    return f"commit {head.stdout.strip()}{', with changes that are not committed' if changed.stdout.strip() else ''}"


def _plugins(resources: list[StackResource]) -> str:
    used = {resource.type.removeprefix(_PROVIDERS) for resource in resources if resource.type.startswith(_PROVIDERS)}
    installed: dict[str, set[str]] = {}
    for plugin in json.loads(commands.run("plugin", "ls", "--json")):
        if plugin["name"] in used and plugin.get("version"):
            installed.setdefault(plugin["name"], set()).add(plugin["version"])
    return ", ".join(f"{name} {' or '.join(sorted(versions))}" for name, versions in sorted(installed.items()))


def _cloud(resources: list[StackResource]) -> str:
    if os.environ.get("ARM_METADATA_HOSTNAME"):
        return "that of ARM_METADATA_HOSTNAME"
    named = (provider_inputs("azure-native", resources) or {}).get("environment")
    return os.environ.get("ARM_ENVIRONMENT") or str(named or "public")


def _api_versions(resources: list[StackResource]) -> str:
    """Of each type the version that the provider used."""
    found: dict[str, str] = {}
    for resource in resources:
        version = resource.outputs.get("azureApiVersion") or resource.inputs.get("apiVersion")
        if version:
            found[resource.type.rsplit(":", 1)[-1]] = str(version)
    return ", ".join(f"{name} {version}" for name, version in sorted(found.items()))
