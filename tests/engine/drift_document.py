"""The table of `docs/drift.md`, from what `test_drift.py` sees."""

from collections.abc import Iterable, Mapping

from .drift_cases import Leaf, is_fixed

_HEAD = """# What a drift check notices

Made by `tests/engine/test_drift.py`, which changes each declared property of the sandbox's stack through `kubectl`, ARM or
Graph, asks `pulumi refresh --preview-only --run-program --expect-no-changes` (exit 7, resource and property named), and heals
it with `pulumi up --refresh`. `python -m ops drift` reports the same, and what stands beside the declared.

- noticed: the check names the property, and the next update puts it right;
- refused: nobody can change it, the API says no;
- identity: another value would be another resource, and the declared one would be missing;
- in the state only: no API knows it.

| resource | declared property | when somebody changes it |
| --- | --- | --- |
"""


def outcome(leaf: Leaf, refused: set[tuple[str, str]]) -> str:
    """What becomes of a change of one property."""
    if (leaf.resource, leaf.path) in refused:
        return "refused"
    if not is_fixed(leaf):
        return "noticed"
    return "in the state only" if leaf.path in ("preventDuplicateNames", "useExisting") else "identity"


def drift_document(leaves: Iterable[Leaf], refused: set[tuple[str, str]], deletions: Mapping[str, str]) -> str:
    """The document.

    Args:
        leaves: the declared properties.
        refused: resource and property of the changes that an API refused.
        deletions: resources by name, in the order of the table, each with what its deletion leads to.
    """
    rows: list[str] = []
    by_resource: dict[str, list[Leaf]] = {}
    for leaf in leaves:
        by_resource.setdefault(leaf.resource, []).append(leaf)
    for resource, deleted in deletions.items():
        rows.append(f"| **{resource}** | deleted as a whole | {deleted} |")
        rows += [f"| | `{leaf.path}` | {outcome(leaf, refused)} |" for leaf in by_resource.get(resource, [])]
    return _HEAD + "\n".join(rows) + "\n"
