"""How a preview reads in a pull request, whatever the values in it are."""

import json
from typing import Any

import pytest

from ops.cluster.updates import Change, Losses, TakenAway
from ops.engine.steps import Step
from ops.preview import comment as preview_comment
from ops.preview import text as preview_text
from ops.report.markdown import LONGEST
from ops.report.values import UNKNOWN

CONFIG_MAP = "kubernetes:core/v1:ConfigMap"


def step(operation: str, name: str = "mygw-env", type_: str = CONFIG_MAP, **changes: Any) -> Step:
    given: dict[str, Any] = {"properties": (), "old": {}, "new": {}, "provider": "kubernetes", **changes}
    return Step(operation, f"urn:pulumi:dev::p::{type_}::{name}", type_, **given)


def update(key: str, old: Any, new: Any, name: str = "mygw-env") -> Step:
    path = f"data{key}" if key.startswith("[") else f"data.{key}"
    key = key.strip('["]')
    before, after = ({"metadata": {"name": name}, "data": {key: value}} for value in (old, new))
    return step("update", name, properties=(path,), old=before, new=after)


def test_it_is_a_sentence_a_table_and_folded_details() -> None:
    steps = [
        update("level", "info", "debug"),
        step("same", "other", dependencies=(step("same").urn,)),
        step("delete", "gone", old={"metadata": {"name": "gone"}}),
    ]
    assert preview_comment.markdown("dev", steps, Losses()).splitlines() == [
        "### Preview of `dev`",
        "",
        "Stack dev: 1 to update, 1 to delete, 1 unchanged.",
        "",
        "| | resource | type | what changes |",
        "| --- | --- | --- | --- |",
        "| update | `mygw-env` | ConfigMap | `data.level` |",
        "| delete | `gone` | ConfigMap |  |",
        "",
        "<details><summary>Details</summary>",
        "",
        "`mygw-env`, update:",
        "```diff",
        "- data.level: info",
        "+ data.level: debug",
        "```",
        "",
        "</details>",
        "",
        "<details><summary>Graph: what changes has a thick red border</summary>",
        "",
        "```mermaid",
        "flowchart LR",
        '  r0["ConfigMap<br/>gone"]:::kubernetes',
        '  r1["ConfigMap<br/>mygw-env"]:::kubernetes',
        '  r2["ConfigMap<br/>other"]:::kubernetes',
        "  r1 --> r2",
        "  classDef azure fill:#cfe4fa,stroke:#0f6cbd",
        "  classDef entra fill:#e8dff5,stroke:#5c2e91",
        "  classDef kubernetes fill:#d5f0e3,stroke:#0e7a4b",
        "  classDef other fill:#eeeeee,stroke:#777777",
        "  classDef changed stroke:#c50f1f,stroke-width:4px",
        "  class r0,r1 changed",
        "```",
        "",
        "</details>",
    ]


def test_where_there_is_nothing_to_do_it_is_a_sentence() -> None:
    assert (
        preview_comment.markdown("dev", [step("same")], Losses())
        == "### Preview of `dev`\n\nStack dev: nothing to do, 1 unchanged."
    )


def test_an_update_of_what_was_not_ready_says_that_it_is_written_without_a_change() -> None:
    waits = step("update", "mygw", "kubernetes:apps/v1:Deployment")
    what = "nothing: it was not ready when it was read, so the update writes it as it is declared, and waits until it is ready"
    assert (
        f"| update | `mygw` | Deployment | {what} |" in preview_comment.markdown("dev", [waits], Losses()).splitlines()
    )
    assert preview_text.text("dev", [waits], Losses()).splitlines()[-2:] == ["update mygw (Deployment)", f"  {what}"]


def test_what_is_created_is_shown_value_by_value() -> None:
    inputs = {
        "metadata": {"name": "mygw", "labels": {"app.name": "mygw"}},
        "data": {"id": UNKNOWN, "key": "[secret]"},
        "list": [1, {}],
    }
    text = preview_comment.markdown("dev", [step("create", new=inputs)], Losses())
    assert (
        "\n".join(
            [
                "+ metadata.name: mygw",
                '+ metadata.labels["app.name"]: mygw',
                "+ data.id: (known after the update)",
                "+ data.key: [secret]",
                "+ list[0]: 1",
                "+ list[1]: {}",
            ]
        )
        in text
    )


def test_the_steps_of_a_replacement_are_one_row() -> None:
    steps = [
        step(
            operation,
            properties=("metadata.name",),
            old={"metadata": {"name": "a"}},
            new={"metadata": {"name": "b"}},
            kinds={"metadata.name": "update-replace"},
        )
        for operation in ("create-replacement", "replace", "delete-replaced")
    ]
    text = preview_comment.markdown("dev", steps, Losses())
    assert text.count("| replace | `mygw-env` | ConfigMap | `metadata.name` |") == 1
    assert "| `mygw-env` | `metadata.name` | running pods go on serving" in text


def test_an_assignment_that_goes_first_leaves_gateways_without_authorization() -> None:
    changes = {"properties": ("roleDefinitionId",), "kinds": {"roleDefinitionId": "update-replace"}}
    assignment = ("mygw-reader-assignment", "azure-native:authorization:RoleAssignment")
    operations = ("delete-replaced", "replace", "create-replacement")
    text = preview_text.text("dev", [step(operation, *assignment, **changes) for operation in operations], Losses())
    assert "The assignment is deleted before the new one is made" in text
    assert "The new assignment is made before the old one is deleted" not in text


def test_a_value_can_end_neither_its_cell_nor_its_block() -> None:
    text = preview_comment.markdown("dev", [update('["a|b`"]', "x", "```\n</details>\n@contoso")], Losses())
    assert '| `data["a\\|b\'"]` |' in text
    assert "````diff" in text
    assert '+ data["a|b`"]: ``` </details> @contoso' in text


@pytest.mark.parametrize("number", [300, 5_000])
def test_it_stays_within_githubs_limit_and_says_what_it_leaves_out(number: int) -> None:
    steps = [update("key", "ä" * 290, "ö" * 290, f"resource-with-a-long-name-{index}") for index in range(number)]
    text = preview_comment.markdown("dev", steps, Losses())
    assert len(text.encode()) <= LONGEST - 1_000
    assert f"Stack dev: {number} to update" in text
    assert "more: the run's log has them." in text
    assert text.endswith("</details>")


def test_a_failure_has_its_reason_without_the_environments_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARM_CLIENT_SECRET", "contoso-secret")
    monkeypatch.setenv("PULUMI_ACCESS_TOKEN", "pul-contoso-secret-and-more")
    text = preview_comment.failure("dev", "wrong: contoso-secret, pul-contoso-secret-and-more ```")
    assert "> The preview failed: nothing is known of what would change." in text
    assert text.endswith("````\nwrong: [secret], [secret] ```\n````")


def test_a_long_failure_is_cut() -> None:
    text = preview_comment.failure("dev", "x" * 100_000)
    assert len(text) < LONGEST
    assert text.endswith("... (cut)\n```")


def test_the_values_of_a_violated_plan_are_not_shown() -> None:
    message = "resource urn:x violates plan: properties changed: ++data[{&{{map[clientSecret:{Y29udG9zbw==\nc2Vj}]}}}]"
    text = preview_comment.failure("dev", message)
    assert "violates plan: properties changed (their values are not shown)" in text
    assert "Y29u" not in text
    assert "c2Vj" not in text


INTERNAL = TakenAway(
    "mygw-live-traffic",
    "Service",
    'metadata.annotations["service.beta.kubernetes.io/azure-load-balancer-internal"]',
    Change.REMOVED,
    there="[not shown]",
    danger="The load balancer is no longer internal.",
)
SCALED = TakenAway(
    "mygw", "Deployment", "spec.replicas", Change.CHANGED_BACK, 4, 1, "Fewer pods serve: 1 instead of 4."
)
UNPROBED = TakenAway("mygw", "Deployment", "spec.minReadySeconds", Change.PUT_BACK, None, 5)
DROPPED = TakenAway("mygw-env", "ConfigMap", "data.old", Change.REMOVED, "x", is_dropped=True)


def test_what_an_update_takes_away_is_told_with_its_danger() -> None:
    losses = Losses(
        [INTERNAL, SCALED, UNPROBED, DROPPED], {"mygw-env": "ConfigMap default/mygw-env can't be read: no."}
    )
    steps = [step("update", "mygw", "kubernetes:apps/v1:Deployment")]
    assert preview_text.text("dev", steps, losses).splitlines()[1:-3] == [
        "",
        "The update takes away what others have changed in the objects that it writes. To keep a field, declare it in the "
        "program before the update.",
        "  mygw-live-traffic (Service)",
        '    - metadata.annotations["service.beta.kubernetes.io/azure-load-balancer-internal"]: [not shown]',
        "      The load balancer is no longer internal.",
        "  mygw (Deployment)",
        "    - spec.replicas: 4",
        "    + spec.replicas: 1",
        "      Fewer pods serve: 1 instead of 4.",
        "    + spec.minReadySeconds: 5",
        "",
        "It is not known what the update takes away from mygw-env. ConfigMap default/mygw-env can't be read: no.",
    ]
    assert preview_comment.markdown("dev", steps, losses).splitlines()[3:21] == [
        "",
        "> [!WARNING]",
        "> It is not known what the update takes away from mygw-env. ConfigMap default/mygw-env can't be read: no.",
        "",
        "> [!CAUTION]",
        "> `mygw-live-traffic`: The load balancer is no longer internal.",
        "",
        "> [!CAUTION]",
        "> `mygw`: Fewer pods serve: 1 instead of 4.",
        "",
        "The update takes away what others have changed in the objects that it writes. To keep a field, declare it in the "
        "program before the update.",
        "",
        "| object | field | there | after the update |",
        "| --- | --- | --- | --- |",
        '| `mygw-live-traffic` | `metadata.annotations["service.beta.kubernetes.io/azure-load-balancer-internal"]` | '
        "`[not shown]` | removed |",
        "| `mygw` | `spec.replicas` | `4` | `1` |",
        "| `mygw` | `spec.minReadySeconds` |  | `5` |",
        "",
    ]
    answer = json.loads(preview_text.as_json("dev", steps, losses))
    assert [(loss["path"], loss["change"]) for loss in answer["losses"]] == [
        (INTERNAL.path, "removed"),
        ("spec.replicas", "changed back"),
        ("spec.minReadySeconds", "put back"),
    ]
    assert list(answer["lossesNotKnown"]) == ["mygw-env"]


def test_what_a_preview_with_a_refresh_shows_as_a_change_is_not_shown_again_as_a_loss() -> None:
    """Its danger is told even so, and what is there where the engine compares with the state."""
    deployment = "kubernetes:apps/v1:Deployment"
    old, new = {"spec": {"replicas": 4}}, {"spec": {"replicas": 1, "minReadySeconds": 5}}
    paths = ("spec.replicas", "spec.minReadySeconds")
    steps = [step("update", "mygw", deployment, properties=paths, old=old, new=new)]
    losses = Losses([SCALED, UNPROBED])
    assert preview_text.text("dev", steps, losses).splitlines()[2:] == [
        "The update takes away what others have changed in the objects that it writes. To keep a field, declare it in the "
        "program before the update.",
        "  mygw (Deployment)",
        "      Fewer pods serve: 1 instead of 4.",
        "",
        "update mygw (Deployment)",
        "  - spec.replicas: 4",
        "  + spec.replicas: 1",
        "  + spec.minReadySeconds: 5",
    ]
    lines = preview_comment.markdown("dev", steps, losses).splitlines()
    assert lines[3:9] == [
        "",
        "> [!CAUTION]",
        "> `mygw`: Fewer pods serve: 1 instead of 4.",
        "",
        "| | resource | type | what changes |",
        "| --- | --- | --- | --- |",
    ]
    assert [line for line in lines if "spec.replicas" in line] == [
        "| update | `mygw` | Deployment | `spec.replicas`, `spec.minReadySeconds` |",
        "- spec.replicas: 4",
        "+ spec.replicas: 1",
    ]
    unprobed = preview_text.text("dev", steps, Losses([UNPROBED])).splitlines()
    assert unprobed[2] == "mygw: 3 of 4 pods end."
    assert unprobed[7:] == ["  + spec.minReadySeconds: 5"]
    elsewhere = [step("update", "mygw", deployment, properties=paths, old={"spec": {"replicas": 2}}, new=new)]
    assert preview_text.text("dev", elsewhere, Losses([SCALED])).splitlines()[4:7] == [
        "    - spec.replicas: 4",
        "    + spec.replicas: 1",
        "      Fewer pods serve: 1 instead of 4.",
    ]


def test_a_variable_that_somebody_has_put_first_is_named_once() -> None:
    """After a refresh the engine compares lists by place, and calls the declared variable a changed one."""
    env = "spec.template.spec.containers[0].env"
    ours = {"name": "secret", "valueFrom": {"secretKeyRef": {"name": "mygw-auth"}}}
    paths = (f"{env}[0].name", f"{env}[0].valueFrom", "spec.minReadySeconds")

    def deployment(variable: dict[str, Any], **more: Any) -> dict[str, Any]:
        return {"spec": {"template": {"spec": {"containers": [{"env": [variable]}]}}, **more}}

    old, new = deployment({"name": "FIRST"}), deployment(ours, minReadySeconds=5)
    steps = [step("update", "mygw", "kubernetes:apps/v1:Deployment", properties=paths, old=old, new=new)]
    first = TakenAway("mygw", "Deployment", f"{env}[0]", Change.REMOVED, {"name": "FIRST"}, list_that_moves=env)
    said = preview_text.text("dev", steps, Losses([first])).splitlines()
    assert [line for line in said if "env" in line] == [f'    - {env}[0]: {{"name": "FIRST"}}']
    assert said[-2:] == ["update mygw (Deployment)", "  + spec.minReadySeconds: 5"]
    comment = preview_comment.markdown("dev", steps, Losses([first])).splitlines()
    assert [line for line in comment if "env" in line] == [
        f'| `mygw` | `{env}[0]` | `{{"name": "FIRST"}}` | removed |',
    ]
    assert "| update | `mygw` | Deployment | `spec.minReadySeconds` |" in comment
    # Where that is all, the object is written for what goes, and not to wait.
    (alone,) = [step("update", "mygw", "kubernetes:apps/v1:Deployment", properties=paths[:2], old=old, new=new)]
    assert preview_text.text("dev", [alone], Losses([first])).splitlines()[-1] == "update mygw (Deployment)"


def test_a_comment_with_very_many_losses_says_how_many_it_leaves_out() -> None:
    losses = Losses([TakenAway("mygw-env", "ConfigMap", f"data.key{i}", Change.REMOVED, "x" * 200) for i in range(500)])
    text = preview_comment.markdown("dev", [step("update")], losses)
    assert len(text.encode()) < LONGEST
    assert " more: the run's log has them." in text
