"""The Kubernetes objects that the program declares for a stack's file, without an engine."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit import program

_SECRET_MARK = "1b47061264138c4ac30d75fd1eb44270"


def rendered(folder: Path, namespace: str, **gateway: Any) -> list[dict[str, Any]]:
    """The objects of a gateway with these settings.

    Args:
        folder: for a kubeconfig that has the context of the stack's file.
        namespace: of the objects.
        gateway: settings of the gateway.
    """
    return rendered_of(folder, [program.gateway(namespace=namespace, **gateway)])


def rendered_of(folder: Path, gateways: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The objects of these gateways."""
    kubeconfig = folder / "kubeconfig"
    context = {"name": "contoso", "context": {"cluster": "contoso-aks", "user": "contoso"}}
    kubeconfig.write_text(json.dumps({"contexts": [context]}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KUBECONFIG", str(kubeconfig))
        graph = program.run(program.configuration(gateways=gateways))
    declared = [each.inputs for each in graph.resources if each.type.startswith("kubernetes:")]
    return [_without_secrets(each) for each in declared]


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        if _SECRET_MARK in value.values():
            return _without_secrets(value["value"])
        return {key: _without_secrets(each) for key, each in value.items()}
    return [_without_secrets(each) for each in value] if isinstance(value, list) else value


def differences(declared: Any, live: Any, path: str = "") -> list[str]:
    """What of the declared is missing or another in the live one."""
    if isinstance(declared, dict) and isinstance(live, dict):
        return [line for key, each in declared.items() for line in differences(each, live.get(key), f"{path}.{key}")]
    if isinstance(declared, list) and isinstance(live, list) and len(declared) == len(live):
        return [line for i, each in enumerate(declared) for line in differences(each, live[i], f"{path}[{i}]")]
    return [] if declared == live else [f"{path}: declared {declared!r}, found {live!r}"]
