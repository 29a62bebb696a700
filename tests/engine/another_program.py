"""Another team's Pulumi program, with a project, a state and a Service of its own."""

import json
from pathlib import Path
from typing import Any

from .sandbox import CHECKOUT, Sandbox

_PROJECT = "name: contoso-shop\nruntime:\n  name: python\n  options:\n    virtualenv: .venv\n"
_PROGRAM = """import json
import pathlib
import pulumi
import pulumi_kubernetes as kubernetes

cluster = kubernetes.Provider("kubernetes", kubeconfig="", enable_server_side_apply=True)
service = json.loads(pathlib.Path("service.json").read_text())
kubernetes.core.v1.Service("shop", **service, opts=pulumi.ResourceOptions(provider=cluster))
"""


def make_service(sandbox: Sandbox, folder: Path, metadata: dict[str, Any], spec: dict[str, Any]) -> None:
    """Deploy a Service, by the arguments of the SDK's class."""
    (folder / "Pulumi.yaml").write_text(_PROJECT)
    (folder / "__main__.py").write_text(_PROGRAM)
    (folder / "service.json").write_text(json.dumps({"metadata": metadata, "spec": spec}))
    (folder / ".venv").symlink_to(CHECKOUT / ".venv")
    for command in (("stack", "init", "shop"), ("up", "--yes", "--skip-preview")):
        sandbox.run("pulumi", *command, "--non-interactive", cwd=folder).ok()
