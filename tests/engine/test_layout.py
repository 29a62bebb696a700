"""Components and children that are renamed with an alias, as CONTRIBUTING.md says: a deployed stack keeps everything."""

from collections.abc import Iterator

import pytest

from .sandbox import Stack, sandbox_config

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


@pytest.fixture
def renamed(stack: Stack) -> Iterator[Stack]:
    """A deployed stack whose program has other names since."""
    stack.configure(sandbox_config())
    stack.up().ok()
    components = stack.sandbox.program / "components"
    before = {name: (components / name).read_text() for name in RENAMES}
    for name, text in before.items():
        for old, new in RENAMES[name]:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        (components / name).write_text(text)
    yield stack
    for name, text in before.items():
        (components / name).write_text(text)


def test_a_stack_of_the_previous_layout_shows_no_replacement(renamed: Stack) -> None:
    kept = {resource["id"] for resource in renamed.resources()}
    renamed.preview("--expect-no-changes").ok()
    renamed.up().ok()
    assert {resource["id"] for resource in renamed.resources()} == kept
    names = {resource["urn"].rsplit("::", 1)[-1] for resource in renamed.resources()}
    assert {"mygw-pods-deployment", "mygw-identity-registration"} <= names
