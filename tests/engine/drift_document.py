"""The table of `docs/drift.md`, from what `test_drift.py` sees."""

from collections.abc import Iterable, Mapping

from .drift_cases import Leaf, is_fixed

_HEAD = """# What a drift check notices

Made by `tests/engine/test_drift.py`, which changes each declared property of the sandbox's stack through `kubectl`, ARM or
Graph, asks `pulumi refresh --preview-only --run-program --expect-no-changes` (exit 7, resource and property named), and heals
it with `pulumi up --refresh`. `.venv/bin/python -m ops drift` reports the same, and what stands beside the declared.

- noticed: the check names the property, and the next update puts it right;
- refused: nobody can change it, the API says no;
- identity: another value would be another resource, and the declared one would be missing;
- in the state only: no API knows it.

It is the same with what further settings declare. `tests/engine/test_every_setting.py` sets each of them and changes it.
The API server refuses another `type` of an autoscaler's metric alone, and another `effect` of a toleration that has
`tolerationSeconds`.

| resource | declared property | when somebody changes it |
| --- | --- | --- |
"""

_UNSEEN = """
## Additions to Kubernetes objects

`.venv/bin/python -m ops drift` reports each thing that was added to an object once: an annotation, a key, a variable, a
container. It reads the object and compares it with what the program declares now, so a `pulumi refresh` hides nothing. An
addition is an undeclared field with one of these properties:

- Another writer owns it. Kubernetes records the owners in `metadata.managedFields`.
- Nobody else owns it, and it differs from the value that the stack's state has.
- The provider owns it by its own apply, although it is undeclared.
- It decides how a pod runs: a key of the ConfigMap or the Secret, a container, a volume, a host alias, or a container's
  command, arguments, lifecycle, variables, ports or mounts. The owner does not matter, because writers choose their names.

The check does not report these:

- Values that the API server sets by default, even if somebody else wrote them.
- What the cluster writes: status, revisions, allocated addresses and ports, finalizers of load balancers and volumes.
- What kubectl and Helm note: the last applied configuration, a restart (`kubectl rollout restart`), the Helm release.
- Paths in `ignore_changes`, and empty maps.

These changes stay unseen:

| change | what the check shows |
| --- | --- |
"""

_ACCEPTED = """
## Accepted differences

If you want to leave a difference as it is for a while, list it under `acceptedDrift` in the stack's file. The drift check
then lists it with your reason and its last day, and raises no alarm: the exit code is 0 if nothing else differs. The report
prints an entry for each difference. Copy the entry and write the reason:

```yaml
self-hosted-gateway:acceptedDrift:
  - resource: mygw-workload-deployment
    path: spec.replicas
    value: 4
    reason: Load test of the shops.
    until: "2026-12-31"
```

- `resource` and `path` are those of the report. An entry covers exactly this path, and nothing above or below it. A key with
  a dot or a slash is quoted in the report, as in `data["gateway.name"]`; an entry may leave out these quotes.
- An entry without `path` accepts that the resource was deleted, and no other difference of the resource.
- `value` is compared with what the report shows. Without `value`, any value is accepted. `[secret]` and `[not shown]` can't be
  compared: leave out `value`, or the key of a mapping that has such a value.
- An element of a list has its place as its path. Give it a `value`, because another element can take the same place.
- `until` is the last day, in UTC and in quotes. From the next day on, the difference raises an alarm again, and the report
  says that the date has passed.
- An entry that matches no difference is reported as stale, which is no alarm. Remove it.

Updates do not read this list, so they still undo what is accepted:

| difference | what an update does |
| --- | --- |
| changed or deleted | with `--refresh`, as in pipelines, it puts it back; else only if it has another reason to write it |
| added to a Kubernetes object | it stays until an update writes the object, which may remove it |
| added elsewhere, such as a credential or a role assignment | it stays |

If a difference is to survive updates, declare it in the program or in the stack's file.
"""

_SHOWN_INSTEAD = {
    "a node port, a health check port or an IP family set by hand": "nothing: the cluster allocates them",
    "another order of containers, variables or ports": "nothing: Kubernetes matches them by name",
    "a write as `pulumi-kubernetes`, before the program's first update of the object and a `pulumi refresh`": (
        "the object, and of the fields those that decide how a pod runs"
    ),
    "a write that empties `managedFields`, and then a `pulumi refresh`": "the fields that decide how a pod runs",
    "a field that a webhook or an admission policy adds to the provider's write": (
        "nothing, unless it decides how a pod runs: then it is reported until you declare it"
    ),
    "a field that a webhook or an admission policy adds to somebody else's write": (
        "the field, until a `pulumi refresh` records it"
    ),
    "anything that is changed in a pod or a ReplicaSet, by a webhook for example": (
        "nothing: the check reads the declared objects"
    ),
    "a field that a new version of the API server sets by default": (
        "nothing as long as nobody writes the object's specification. Otherwise the field, until a `pulumi refresh` "
        "records it"
    ),
}


def outcome(leaf: Leaf, refused: set[tuple[str, str]]) -> str:
    """What becomes of a change of one property."""
    if (leaf.resource, leaf.path) in refused:
        return "refused"
    return "identity" if is_fixed(leaf) else "noticed"


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
    unseen = [f"| {change} | {instead} |" for change, instead in _SHOWN_INSTEAD.items()]
    return "\n".join([_HEAD + "\n".join(rows), _UNSEEN + "\n".join(unseen), _ACCEPTED.rstrip("\n"), ""])
