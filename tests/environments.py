"""The environments that this checkout has; three as shipped, and as many as a copy of it wants."""

import pytest
import yaml

from .conftest import CHECKOUT

NAMES: list[str] = yaml.safe_load((CHECKOUT / "environments.yaml").read_text())
_DEPLOYMENTS = {"GitHub": ".github/workflows/deploy.yml", "Azure": "azure-pipelines/deploy.yml"}


def deployments_on(host: str) -> pytest.MarkDecorator:
    """Marks what is about deployments by `GitHub` or `Azure`: a copy may do without (docs/pipelines.md)."""
    return pytest.mark.skipif(not deploys(host), reason=f"this copy has no deployments on {host}")


def deploys(host: str) -> bool:
    return (CHECKOUT / _DEPLOYMENTS[host]).exists()


def shipped(stack: str) -> str:
    """A stack's file as this repository ships it; in a copy that has filled it in, or has none, the test is skipped."""
    file = CHECKOUT / f"Pulumi.{stack}.yaml"
    text = file.read_text() if file.exists() else ""
    if "<tenant ID>" not in text:
        pytest.skip(f"{file.name} is not there as it is shipped: this copy has environments of its own")
    return text
