"""A deployed stack keeps everything: under the program of today, and when resources get other names with an alias, as
CONTRIBUTING.md says."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from . import version_before
from .sandbox import Stack

# A component, whose children have its name before theirs, and a child.
RENAMES = {
    "gateway.py": [
        ('f"{name}-workload",', 'f"{name}-pods",'),
        (
            "ready_after=[*args.ready_after, reader, resource],\n            ),\n            opts=child,",
            "ready_after=[*args.ready_after, reader, resource],\n            ),\n"
            '            opts=pulumi.ResourceOptions(parent=self, aliases=[pulumi.Alias(name=f"{name}-workload")]),',
        ),
    ],
    "identity.py": [
        (
            'f"{name}-application",\n            display_name=args.display_name,',
            'f"{name}-registration",\n            display_name=args.display_name,',
        ),
        (
            "owners=list(args.owners),\n            opts=pulumi.ResourceOptions(parent=self),\n        )\n"
            "        service_principal",
            "owners=list(args.owners),\n            opts=pulumi.ResourceOptions(\n"
            '                parent=self, aliases=[pulumi.Alias(name=f"{name}-application")]\n'
            "            ),\n        )\n        service_principal",
        ),
    ],
}


@dataclass(frozen=True)
class There:
    """What a stack has."""

    ids: dict[str, str]
    """Ids of its resources, by URN."""
    services: dict[str, Any]
    """The Services, without what tells only that something was written."""
    secret: dict[str, str]
    """Content of the Secret."""
    settings: set[str]
    """Keys of the ConfigMap."""
    revisions: set[str]
    """The ReplicaSets."""


def there(stack: Stack) -> There:
    sandbox = stack.sandbox
    services = sandbox.objects("services")
    return There(
        ids={resource["urn"]: resource["id"] for resource in stack.resources()},
        services={
            name: [service["spec"], service["status"], service["metadata"].get("annotations")]
            for name, service in services.items()
            if name != "kubernetes"
        },
        secret=sandbox.objects("secrets")["mygw-auth"]["data"],
        settings=set(sandbox.objects("configmaps")["mygw-env"]["data"]),
        revisions=set(sandbox.objects("replicasets")),
    )


@dataclass(frozen=True)
class Update:
    """The first update of a stack by the program of today."""

    before: There
    preview: dict[str, Any]
    after: There


@pytest.fixture(scope="module")
def update(deployable: Stack, tmp_path_factory: pytest.TempPathFactory) -> Update:
    """That of a stack of the version before, with its stack file as it was."""
    version_before.deploy(deployable, tmp_path_factory.mktemp("version-before"))
    before = there(deployable)
    preview = json.loads(deployable.ops("preview", "--format", "json").ok().output)
    deployable.up().ok()
    deployable.sandbox.wait_for_pods()
    return Update(before, preview, there(deployable))


def test_a_stack_of_the_version_before_is_updated_as_its_operator_expects(deployable: Stack, update: Update) -> None:
    preview, before, after = update.preview, update.before, update.after
    assert {what: count for what, count in preview["counts"].items() if count} == {"update": 2, "unchanged": 25}
    assert (preview["replacements"], preview["removals"], preview["losses"], preview["failures"]) == ([], [], [], [])
    assert preview["effects"] == [
        {
            "resource": "mygw-workload-deployment",
            "does": "The pods are replaced. An old one ends when a new one is ready, so nothing is interrupted.",
            "interrupts": False,
        }
    ]
    # The pods are replaced once. Everything else is what and where it was, and no secret has moved.
    assert len(before.revisions) == 1
    assert len(after.revisions) == 2
    assert after.ids == before.ids
    assert after.services == before.services
    assert after.secret == before.secret
    assert after.settings - before.settings == {"neighborhood.host"}
    assert before.settings - after.settings == set()
    deployable.ops("verify", identity="reader").ok()
    assert deployable.ops("drift", identity="reader").ok().output.startswith("No drift")
    deployable.preview("--expect-no-changes").ok()


@pytest.fixture
def renamed(deployable: Stack, update: Update) -> Iterator[Stack]:
    """The updated stack, whose program has other names since."""
    components = deployable.sandbox.program / "components"
    before = {name: (components / name).read_text() for name in RENAMES}
    for name, text in before.items():
        for old, new in RENAMES[name]:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        (components / name).write_text(text)
    yield deployable
    for name, text in before.items():
        (components / name).write_text(text)


def test_a_stack_of_the_previous_layout_shows_no_replacement(renamed: Stack) -> None:
    kept = {resource["id"] for resource in renamed.resources()}
    renamed.preview("--expect-no-changes").ok()
    renamed.up().ok()
    assert {resource["id"] for resource in renamed.resources()} == kept
    names = {resource["urn"].rsplit("::", 1)[-1] for resource in renamed.resources()}
    assert {"mygw-pods-deployment", "mygw-identity-registration"} <= names
