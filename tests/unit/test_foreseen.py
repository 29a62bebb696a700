"""What a preview looks up to say what the update would run into: names that are taken, locks, namespaces."""

from typing import Any

import pytest

from ops.azure.api import AzureRefusedError
from ops.engine.steps import Step
from ops.errors import ForbiddenError, OpsError
from ops.preview import comment, foreseen, text
from ops.preview.foreseen import Foreseen, foresee

SUBSCRIPTION = "/subscriptions/22222222-2222-2222-2222-222222222222"
GROUP = f"{SUBSCRIPTION}/resourceGroups/contoso-rg"
DEFINITIONS = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions"
LOCKS = "/providers/Microsoft.Authorization/locks"
READER = "API Management Gateway Configuration Reader Role"
ROLE = "azure-native:authorization:RoleDefinition"
ASSIGNMENT = "azure-native:authorization:RoleAssignment"
CONFIG_MAP = "kubernetes:core/v1:ConfigMap"


def step(operation: str, name: str, type_: str, **changes: Any) -> Step:
    given: dict[str, Any] = {"properties": (), "old": {}, "new": {}, "provider": type_.partition(":")[0], **changes}
    return Step(operation, f"urn:pulumi:dev::p::{type_}::{name}", type_, **given)


def role(operation: str, name: str = READER, **changes: Any) -> Step:
    return step(operation, "roles-reader", ROLE, new={"roleName": name, "scope": SUBSCRIPTION}, **changes)


def definition(guid: str, name: str = READER) -> dict[str, Any]:
    return {"id": f"{DEFINITIONS}/{guid}", "properties": {"roleName": name}}


def lock(scope: str, level: str = "CanNotDelete") -> dict[str, Any]:
    return {"id": f"{scope}{LOCKS}/contoso", "name": "contoso", "properties": {"level": level}}


def object_in(namespace: str, name: str = "mygw-env") -> Step:
    new = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": namespace, "name": name}}
    return step("create", name, CONFIG_MAP, new=new)


class Arm:
    """ARM that lists the same whatever the path, and remembers what it was asked."""

    def __init__(self, listed: list[dict[str, Any]] | OpsError) -> None:
        self.listed = listed
        self.asked: list[str] = []
        self.arm = self

    def list(self, path: str, **_: str) -> list[dict[str, Any]]:
        self.asked.append(path)
        if isinstance(self.listed, OpsError):
            raise self.listed
        return self.listed


class Cluster:
    """A cluster with one namespace, and rights in it."""

    def __init__(self, error: OpsError | None = None, *, reads_all: bool = False) -> None:
        self.error, self.reads_all = error, reads_all

    def find(self, _version: str, _kind: str, namespace: str, _name: str) -> None:
        if self.error is not None and namespace != "apim":
            raise self.error

    def lacks_namespace(self, name: str) -> bool:
        return self.reads_all and name != "apim"


def foreseen_with(
    monkeypatch: pytest.MonkeyPatch, steps: list[Step], azure: Any = None, cluster: Any = None
) -> Foreseen:
    monkeypatch.setattr(foreseen, "_signed_in", lambda _: azure)
    monkeypatch.setattr(foreseen, "_connected", lambda _: cluster)
    return foresee(steps)


def test_a_role_name_that_another_definition_has_makes_the_update_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    arm = Arm([definition("aaaaaaaa-0000-4000-8000-000000000000", READER.upper()), definition("b", "Another")])
    assert foreseen_with(monkeypatch, [role("create")], arm) == Foreseen(
        failures=[
            f"The update would fail: the name '{READER}' is taken by the custom role "
            f"{DEFINITIONS}/aaaaaaaa-0000-4000-8000-000000000000, and names are unique in a tenant. Give `roles.nameSuffix`, "
            "use that role by `roles.existing`, or adopt it."
        ]
    )
    assert arm.asked == [DEFINITIONS]


def test_the_stacks_own_definition_takes_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    own = f"{DEFINITIONS}/AAAAAAAA-0000-4000-8000-000000000000"
    renamed = role("update", old={"roleName": "Before"}, id=own)
    arm = Arm([definition("aaaaaaaa-0000-4000-8000-000000000000")])
    assert foreseen_with(monkeypatch, [renamed], arm) == Foreseen()


def test_a_definition_that_the_update_deletes_has_its_name_until_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    goes = step("delete", "gone", ROLE, id="/providers/Microsoft.Authorization/roleDefinitions/a")
    assert len(foreseen_with(monkeypatch, [role("create"), goes], Arm([definition("a")])).failures) == 1


def test_nothing_is_asked_where_no_name_is_new_and_nothing_is_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = [
        role("same", old={"roleName": READER}),
        role("update", old={"roleName": READER}),
        step("same", "a", CONFIG_MAP),
    ]
    assert foreseen_with(monkeypatch, steps) == Foreseen()


def test_a_lock_over_what_is_deleted_is_warned_of_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = [
        step("delete", "validator", ASSIGNMENT, id=f"{GROUP}/providers/Microsoft.Authorization/roleAssignments/a"),
        step("delete-replaced", "mygw", ASSIGNMENT, id=f"{GROUP.lower()}/providers/x/y/z"),
        step("update", "kept", ASSIGNMENT, id=f"{GROUP}/providers/x/y/kept"),
        step("delete", "mygw-env", CONFIG_MAP, id="default/mygw-env"),
    ]
    arm = Arm(
        [lock(GROUP), lock(f"{SUBSCRIPTION}/resourceGroups/contoso"), lock(f"{GROUP}/providers/x/y/z", "ReadOnly")]
    )
    assert foreseen_with(monkeypatch, steps, arm).warnings == [
        f"Lock 'contoso' (CanNotDelete) at {GROUP}: Azure refuses to delete validator, mygw (ScopeLocked). Have it removed "
        "before the update.",
        f"Lock 'contoso' (ReadOnly) at {GROUP}/providers/x/y/z: Azure refuses to delete mygw (ScopeLocked). Have it removed "
        "before the update.",
    ]
    assert arm.asked == [f"{SUBSCRIPTION}{LOCKS}"]


def test_what_may_not_be_read_is_told_with_the_right(monkeypatch: pytest.MonkeyPatch) -> None:
    message = "does not have authorization to perform action 'Microsoft.Authorization/locks/read'"
    arm = Arm(AzureRefusedError("GET locks", 403, "AuthorizationFailed", message))
    steps = [step("delete", "validator", ASSIGNMENT, id=f"{GROUP}/x"), role("create")]
    assert foreseen_with(monkeypatch, steps, arm) == Foreseen(
        warnings=[
            f"Whether the name '{READER}' is taken can't be checked. GET locks: 403 AuthorizationFailed: {message}",
            f"Whether a lock forbids the deletion of validator can't be checked. GET locks: 403 AuthorizationFailed: {message}",
        ]
    )


def test_a_namespace_without_rights_may_be_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Cluster(ForbiddenError("ConfigMap elsewhere/mygw-env can't be read: it is forbidden"))
    steps = [object_in("elsewhere"), object_in("elsewhere", "second"), object_in("apim")]
    assert foreseen_with(monkeypatch, steps, cluster=cluster) == Foreseen(
        warnings=[
            "Namespace 'elsewhere' does not exist, or you have no rights in it. ConfigMap elsewhere/mygw-env can't be read: it "
            "is forbidden"
        ]
    )


def test_who_reads_all_namespaces_is_told_of_an_absent_one_for_certain(monkeypatch: pytest.MonkeyPatch) -> None:
    found = foreseen_with(monkeypatch, [object_in("elsewhere"), object_in("apim")], cluster=Cluster(reads_all=True))
    assert found == Foreseen(failures=["The update would fail: namespace 'elsewhere' does not exist."])


def test_a_cluster_that_does_not_answer_is_no_absent_namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    found = foreseen_with(monkeypatch, [object_in("elsewhere")], cluster=Cluster(OpsError("nobody answers")))
    assert found.warnings == ["Whether namespace 'elsewhere' exists can't be checked. nobody answers"]


def test_it_stands_first_in_text_and_comment() -> None:
    from ops.cluster.updates import Losses

    found, steps = Foreseen(["It would fail."], ["It may fail."]), [object_in("apim")]
    assert text.text("dev", steps, Losses(), found).splitlines()[1:5] == ["", "It would fail.", "", "It may fail."]
    assert comment.markdown("dev", steps, Losses(), found).splitlines()[3:9] == [
        "",
        "> [!CAUTION]",
        "> It would fail.",
        "",
        "> [!WARNING]",
        "> It may fail.",
    ]
