"""Who owns which field of an object, and which owners are the stack's provider."""

from datetime import UTC, datetime
from typing import Any

import pytest

from ops.cluster.field_owners import FieldOwners, created_by_pulumi

OWN = "pulumi-kubernetes-1a2b3c4d"
CREATED = "2026-01-01T00:00:00Z"


def entry(manager: str, operation: str = "Update", time: str = CREATED, **more: Any) -> dict[str, Any]:
    return {"manager": manager, "operation": operation, "time": time, "fieldsV1": {"f:data": {"f:key": {}}}, **more}


def an_object(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"creationTimestamp": CREATED, "managedFields": list(entries)}}


def own(*entries: dict[str, Any]) -> list[bool]:
    ownership = FieldOwners(an_object(*entries), OWN)
    return [ownership.is_own(owner) for owner in ownership.owners]


def test_the_provider_is_who_created_the_object_until_it_applies() -> None:
    created, applied = entry("pulumi-kubernetes"), entry(OWN, "Apply")
    assert own(created) == [True]
    assert own(created, applied) == [False, True]  # beside its fields, somebody else writes in its name
    assert own(entry("pulumi-kubernetes", "Apply")) == [False]
    assert own(entry(OWN)) == [False]
    assert own(entry("pulumi-kubernetes-5e6f7a8b", "Apply"), entry("helm"), entry("kubectl-edit")) == [False] * 3
    assert own(entry("pulumi-kubernetes", subresource="status")) == [False]


@pytest.mark.parametrize(
    ("manager", "operation", "taken"),
    [
        ("kubectl", "Apply", True),
        ("kubectl-client-side-apply", "Update", True),
        ("kubectl-edit", "Update", True),
        ("before-first-apply", "Update", True),
        ("before-first-apply", "Apply", False),
        ("pulumi-kubernetes", "Update", True),
        ("pulumi-kubernetes-5e6f7a8b", "Update", True),
        ("pulumi-kubernetes-5e6f7a8b", "Apply", False),
        ("pulumi-resource-kubernetes", "Update", True),
        ("helm", "Update", False),
        ("OpenAPI-Generator", "Update", False),
        ("Mozilla", "Update", False),
        ("k3s", "Update", False),
    ],
)
def test_the_next_update_takes_over_what_kubectl_and_providers_have_written(
    manager: str, operation: str, *, taken: bool
) -> None:
    ownership = FieldOwners(an_object(entry(manager, operation), entry(manager, operation, subresource="scale")), OWN)
    assert [ownership.takes_over(owner) for owner in ownership.owners] == [taken, False]


def test_an_own_field_goes_with_the_next_update_as_one_that_is_taken_over_does() -> None:
    ownership = FieldOwners(an_object(entry(OWN, "Apply"), entry("kubectl-edit"), entry("helm")), OWN)
    assert [ownership.is_released(owner) for owner in ownership.owners] == [True, True, False]
    assert ownership.was_updated
    assert not FieldOwners(an_object(entry("pulumi-kubernetes")), OWN).was_updated


@pytest.mark.parametrize(("time", "somebody"), [("2026-01-01T00:00:02Z", False), ("2026-01-01T00:00:03Z", True)])
def test_a_creation_that_has_changed_since_is_somebody_elses(time: str, *, somebody: bool) -> None:
    live = an_object(entry("pulumi-kubernetes", time=time))
    written = FieldOwners(live, OWN).written_in_its_name()
    assert (written is not None) is somebody
    assert created_by_pulumi(live) is not somebody
    if written is not None:
        assert written.time == datetime(2026, 1, 1, 0, 0, 3, tzinfo=UTC)


def test_after_an_update_nothing_in_the_providers_name_is_its_own() -> None:
    late = entry("pulumi-kubernetes", time="2026-01-02T00:00:00Z")
    ownership = FieldOwners(an_object(late, entry(OWN, "Apply", "2026-01-01T12:00:00Z")), OWN)
    assert ownership.written_in_its_name() is None
    assert [ownership.is_own(owner) for owner in ownership.owners] == [False, True]


def test_what_kubectl_or_an_apply_has_made_no_pulumi_program_has_created() -> None:
    assert not created_by_pulumi(an_object(entry("kubectl-client-side-apply")))
    assert not created_by_pulumi(an_object(entry(OWN, "Apply")))
    assert not created_by_pulumi({"metadata": {"creationTimestamp": CREATED}})
