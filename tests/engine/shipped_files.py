"""The stacks' files as this repository ships them: each with placeholders, which a copy of it fills in."""

from datetime import UTC, datetime, timedelta
from typing import Any

import yaml

from ..environments import shipped
from .sandbox import DEPLOYER, SUBSCRIPTION, TENANT

TODAY = datetime.now(UTC).date()
PLACEHOLDERS = {
    "<tenant ID>": TENANT,
    "<subscription ID>": SUBSCRIPTION,
    "<service-name>": "contoso-apim",
    "<resource group>": "contoso-rg",
    "<production service-name>": "contoso-apim-prod",
    "<production resource group>": "contoso-prod-rg",
    "<location, free text>": "contoso headquarters",
    "<API ID>": "echo",
    "<namespace>": "apim",
    "<object ID of the deployer>": DEPLOYER,
    "<today, as yyyy-mm-dd>": f"{TODAY - timedelta(days=1)}",
    "<context of your kubeconfig>": "sandbox",
}


def filled_in(text: str) -> Any:
    """YAML with the sandbox's values in the place of what stands in angle brackets."""
    for placeholder, value in PLACEHOLDERS.items():
        text = text.replace(placeholder, value)
    document = yaml.safe_load(text)
    assert "<" not in yaml.safe_dump(document), "a placeholder without a value"
    return document


def configuration(stack: str) -> dict[str, Any]:
    """A stack's configuration as shipped, filled in."""
    return filled_in(shipped(stack))["config"]
