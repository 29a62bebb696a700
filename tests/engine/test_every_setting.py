"""Stacks that together set every setting of the Kubernetes objects deploy, and a check finds drift in them exactly where
somebody has changed something."""

import copy
import json
import re
from collections.abc import Sequence

from ..every_setting import EVERYTHING, LEAST
from .drift_cases import REFUSED_OF_SETTINGS, Leaf, case_for, declared_leaves, is_fixed, steps
from .sandbox import CHECKOUT, Stack, sandbox_config, sandbox_gateway

Steps = tuple[str | int, ...]


def test_gateways_with_every_setting_serve_without_drift_and_leave_nothing_behind(stack: Stack) -> None:
    own = {"createGatewayResource": True, "locationName": "contoso branch"}
    everything = {
        **copy.deepcopy(EVERYTHING),
        "instanceDiscovery": {"heartbeatPort": 5291, "synchronizationPort": 5290},
    }
    gateways = [sandbox_gateway(**everything), sandbox_gateway(name="least", **own, **copy.deepcopy(LEAST))]
    stack.configure(sandbox_config(gateways=gateways))
    stack.up().ok()
    stack.check_drift().ok()
    nobody_sees_drift(stack)
    stack.preview("--expect-no-changes").ok()

    stack.pulumi("refresh", "--yes", "--skip-preview").ok()
    nobody_sees_drift(stack)
    stack.preview("--expect-no-changes").ok()
    stack.up("--refresh").ok()
    nobody_sees_drift(stack)

    wanted = change_every_further_leaf(stack)
    found = named(stack)
    assert set(found) == set(wanted)
    for resource, paths in wanted.items():
        assert [path for path in paths if not any(are_one(path, place) for place in found[resource])] == []
        assert [place for place in found[resource] if not any(are_one(path, place) for path in paths)] == []
    stack.up("--refresh").ok()
    stack.sandbox.wait_for_pods()
    nobody_sees_drift(stack)
    stack.ops("verify", identity="reader").ok()

    stack.destroy().ok()
    kinds = "configmaps,secrets,services,deployments,serviceaccounts,poddisruptionbudgets,horizontalpodautoscalers"
    left = stack.sandbox.kubectl("get", kinds, "-l", "app in (mygw, least)", "-o", "name").ok().output
    assert left.strip() == ""


def nobody_sees_drift(stack: Stack) -> None:
    assert stack.ops("drift", identity="reader").ok().output.startswith("No drift")


def change_every_further_leaf(stack: Stack) -> dict[str, set[Steps]]:
    """Change what is declared beside that of the sandbox's stack, which has tests of its own, as somebody else would.

    Returns:
        The places that were changed, by resource.
    """
    changed: dict[str, list[Leaf]] = {}
    refused: set[tuple[str, str]] = set()
    of_the_sandbox = leaves_of_the_sandbox()
    for leaf in declared_leaves(stack):
        known = (leaf.resource.replace("least-", "mygw-", 1), leaf.path)
        if not leaf.type.startswith("kubernetes:") or is_fixed(leaf) or known in of_the_sandbox:
            continue
        if (leaf.resource, leaf.path) in REFUSED_OF_SETTINGS:
            assert patch(stack, [leaf], dry_run=True) != ""
            refused.add((leaf.resource, leaf.path))
        else:
            changed.setdefault(leaf.resource, []).append(leaf)
    assert refused == REFUSED_OF_SETTINGS
    # An object at once: a mount has the name of its volume.
    said = {resource: patch(stack, leaves) for resource, leaves in changed.items()}
    assert {resource: message for resource, message in said.items() if message} == {}
    return {resource: {tuple(steps(leaf.path)) for leaf in leaves} for resource, leaves in changed.items()}


def leaves_of_the_sandbox() -> set[tuple[str, str]]:
    """Resource and path of what `test_drift.py` changes: the table that it writes has them."""
    found: set[tuple[str, str]] = set()
    resource = ""
    for line in (CHECKOUT / "docs" / "drift.md").read_text().splitlines():
        if match := re.match(r"\| \*\*(.+)\*\* \|", line):
            resource = match[1]
        elif match := re.match(r"\| \| `(.+)` \|", line):
            found.add((resource, match[1]))
    return found


def patch(stack: Stack, leaves: Sequence[Leaf], *, dry_run: bool = False) -> str:
    """Change leaves of one object; what the API server says against it."""
    cases = [case_for(leaf) for leaf in leaves]
    changes = [change for case in cases if case and isinstance(case.patch, list) for change in case.patch]
    assert len(changes) == len(leaves)
    namespace, _, name = leaves[0].id.rpartition("/")
    kind = leaves[0].type.rpartition(":")[2].lower()
    return stack.sandbox.cluster().patch(kind, name, namespace, changes, dry_run=dry_run)


def named(stack: Stack) -> dict[str, set[Steps]]:
    """The places that a reader's drift check names, by resource."""
    result = stack.ops("drift", "--format", "json", identity="reader")
    assert result.code == 7, result.output
    found: dict[str, set[Steps]] = {}
    for finding in json.loads(result.output)["findings"]:
        found.setdefault(finding["resource"], set()).add(tuple(steps(finding["what"])))
    return found


def are_one(path: Steps, place: Steps) -> bool:
    """Whether a place is that of a leaf, or of a list that is one value; or in a map that was declared empty."""
    return all(step == other for step, other in zip(path, place, strict=False))
