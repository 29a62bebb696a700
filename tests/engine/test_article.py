"""With `Pulumi.dev.yaml`, its placeholders filled in and nothing else, the cluster holds the article's objects."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from ..environments import shipped
from .sandbox import DEPLOYER, SUBSCRIPTION, TENANT, Stack

PLACEHOLDERS = {
    "<tenant ID>": TENANT,
    "<subscription ID>": SUBSCRIPTION,
    "<service-name>": "contoso-apim",
    "<resource group>": "contoso-rg",
    "<object ID of the deployer>": DEPLOYER,
    "<today, as yyyy-mm-dd>": f"{datetime.now(UTC):%Y-%m-%d}",
    "<context of your kubeconfig>": "sandbox",
}


def missing(expected: Any, actual: Any, path: str = "") -> list[str]:
    """Fields of one value that another one has not, or has with another value."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        return [place for key, value in expected.items() for place in missing(value, actual.get(key), f"{path}.{key}")]
    if isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        return [p for i, value in enumerate(expected) for p in missing(value, actual[i], f"{path}[{i}]")]
    return [] if expected == actual else [f"{path}: {expected!r} expected, {actual!r} found"]


def test_the_cluster_holds_every_field_of_the_article(stack: Stack) -> None:
    text = shipped("dev")
    for placeholder, value in PLACEHOLDERS.items():
        assert placeholder in text
        text = text.replace(placeholder, value)
    stack.configure(yaml.safe_load(text)["config"])
    stack.up().ok()

    outputs = stack.outputs(secrets=True)
    filled = {
        "{service}": "contoso-apim",
        "{tenant}": TENANT,
        "{client}": outputs["gateways"]["mygw"]["clientId"],
        "{secret}": outputs["clientSecrets"]["mygw"],
    }
    article = (Path(__file__).with_name("article.yaml")).read_text()
    for placeholder, value in filled.items():
        article = article.replace(placeholder, value)
    found = []
    for expected in yaml.safe_load(article):
        kind, name = expected["kind"], expected["metadata"]["name"]
        actual = stack.sandbox.objects(f"{kind.lower()}s")[name]
        found += missing(expected, actual, f"{kind} {name}")
    assert found == []
    assert stack.sandbox.objects("secrets") == {}
    stack.check_drift().ok()
