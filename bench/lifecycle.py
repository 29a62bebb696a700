"""What is measured: the life of a stack, from the sandbox's first start to the stack's end."""

import os
import sys
from pathlib import Path

import yaml

from .measure import CHECKOUT, Bench, run

STACK = "sandbox"
_PULUMI = ("--stack", STACK, "--non-interactive")
_UPDATE = (*_PULUMI, "--yes", "--skip-preview")
_SANDBOX = (sys.executable, "-m", "sandbox")
_OPS = (sys.executable, "-m", "ops")


def measure(bench: Bench, folder: Path) -> None:
    """One round, on a sandbox of its own in an empty folder.

    Raises:
        BenchError: a command fails; the sandbox is stopped all the same.
    """
    own_sandbox = bench.environment = {**os.environ, "SANDBOX_HOME": str(folder / "home"), "NO_COLOR": "1"}
    changed = folder / "Pulumi.changed.yaml"
    changed.write_text(_with_another_image((CHECKOUT / f"Pulumi.{STACK}.yaml").read_text()))
    try:
        bench.run("sandbox: first start", *_SANDBOX, "start")
        run((*_SANDBOX, "stop"), bench.environment)
        bench.run("sandbox: later start", *_SANDBOX, "start")
        as_deployer = run((*_SANDBOX, "run", "--", "env", "-0"), bench.environment)
        bench.environment = dict(entry.split("=", 1) for entry in as_deployer.split("\0") if "=" in entry)
        # That of `run` has gone with it.
        bench.environment["TMPDIR"] = str(folder)
        run(("pulumi", "stack", "init", STACK, "--no-select"), bench.environment)
        bench.run("preview of all", "pulumi", "preview", *_PULUMI)
        bench.run("up of all, until the pods are ready", "pulumi", "up", *_UPDATE)
        bench.run("preview, nothing to do", "pulumi", "preview", *_PULUMI, "--expect-no-changes")
        bench.run("up, nothing to do", "pulumi", "up", *_UPDATE, "--expect-no-changes")
        bench.run(
            "refresh, no drift", "pulumi", "refresh", *_PULUMI, "--preview-only", "--run-program", "--expect-no-changes"
        )
        bench.run("ops drift, no drift", *_OPS, "drift", "--stack", STACK)
        bench.run("ops preview --refresh, nothing to do", *_OPS, "preview", "--stack", STACK, "--refresh")
        bench.run("ops verify", *_OPS, "verify", "--stack", STACK)
        bench.run(
            "up of another image, until the pods are replaced",
            "pulumi",
            "up",
            *_UPDATE,
            "--config-file",
            str(changed),
        )
        bench.run("destroy", "pulumi", "destroy", *_UPDATE)
    finally:
        run((*_SANDBOX, "reset"), own_sandbox)


def _with_another_image(stack_file: str) -> str:
    document = yaml.safe_load(stack_file)
    (gateway,) = document["config"]["self-hosted-gateway:gateways"]
    gateway["image"] = "mcr.microsoft.com/azure-api-management/gateway:2.12.3"
    return yaml.safe_dump(document)
