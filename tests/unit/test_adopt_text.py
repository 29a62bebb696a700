"""What `ops adopt` says that the next update changes, and why."""

from typing import Any

from ops.adopt.run import Adoption
from ops.adopt.search import Found
from ops.adopt.text import describe
from ops.cluster.updates import Change, Losses, TakenAway
from ops.engine.steps import Step

SECRET_SETTING = 'data["config.service.auth.azureAd.clientSecret"]'
CONTAINER = "spec.template.spec.containers[0]"


def step(name: str, type_: str, kinds: dict[str, str], new: dict[str, Any] | None = None) -> Step:
    urn = f"urn:pulumi:dev::p::{type_}::{name}"
    return Step("update", urn, type_, tuple(kinds), {}, new or {}, kinds=kinds)


def changes(*steps: Step, losses: Losses | None = None) -> list[str]:
    adoption = Adoption("dev", Found(), steps, losses or Losses(), {}, ())
    lines = describe(adoption, "import.json").splitlines()
    return lines[1 : lines.index("")]


def lost(name: str, kind: str, path: str, danger: str = "") -> TakenAway:
    return TakenAway(name, kind, path, Change.REMOVED, "[not shown]", danger=danger)


def test_what_comes_back_or_stays_is_no_change() -> None:
    # The engine compares with what the import found: everything that nobody declares seems to go.
    kinds = {
        "spec.sessionAffinity": "delete",
        'metadata.labels["helm.sh/chart"]': "delete",
        "spec.clusterIPs": "delete",
    }
    service = step("mygw-live-traffic", "kubernetes:core/v1:Service", kinds)
    assert changes(service) == [
        "- to change mygw-live-traffic: nothing, the update only makes its fields the program's",
    ]


def test_what_an_update_removes_is_said_with_its_danger_and_not_that_it_stays() -> None:
    kinds = {f"{CONTAINER}.resources": "delete", f"{CONTAINER}.env": "delete", "metadata.annotations": "delete"}
    deployment = step("mygw", "kubernetes:apps/v1:Deployment", kinds)
    losses = Losses(
        [
            lost("mygw", "Deployment", f"{CONTAINER}.resources", "A full node evicts them first."),
            lost("mygw", "Deployment", f"{CONTAINER}.env[0]"),
            lost("mygw", "Deployment", 'metadata.annotations["contoso.example/owner"]'),
            TakenAway("mygw", "Deployment", "spec.replicas", Change.CHANGED_BACK, 4, 1, "Fewer pods serve."),
            lost("other", "Deployment", "spec.paused"),
        ]
    )
    assert changes(deployment, losses=losses) == [
        "- to change mygw:",
        f"    removes {CONTAINER}.resources (the program does not declare it): A full node evicts them first.",
        f"    removes {CONTAINER}.env[0] (the program does not declare it)",
        '    removes metadata.annotations["contoso.example/owner"] (the program does not declare it)',
        "    changes back spec.replicas from 4 to 1 (as configured): Fewer pods serve.",
    ]


def test_what_an_update_sets_is_said_by_its_reason() -> None:
    secret = {"name": "clientSecret", "valueFrom": {"secretKeyRef": {"name": "mygw-auth", "key": "clientSecret"}}}
    new = {"spec": {"template": {"spec": {"containers": [{"env": [secret]}]}}}}
    kinds = {
        "spec.template.metadata.annotations": "add",
        f"{CONTAINER}.env": "add",
        f"{CONTAINER}.envFrom": "update",
        f"{CONTAINER}.image": "update",
        "spec.progressDeadlineSeconds": "update",
    }
    assert changes(step("mygw", "kubernetes:apps/v1:Deployment", kinds, new)) == [
        "- to change mygw:",
        "    sets spec.template.metadata.annotations (pods are rolled when their settings change)",
        f"    sets {CONTAINER}.env (the container takes the client secret from the Secret)",
        f"    sets {CONTAINER}.envFrom, spec.progressDeadlineSeconds (as configured)",
        f"    sets {CONTAINER}.image (the configured image)",
    ]


def test_a_reason_of_the_programs_own_is_said_of_nothing_that_is_configured() -> None:
    pod = "spec.template.spec"
    kinds = {
        'spec.template.metadata.annotations["contoso.example/owner"]': "add",
        'spec.template.metadata.annotations["self-hosted-gateway/settings-checksum"]': "add",
        f"{pod}.imagePullSecrets": "add",
        f"{CONTAINER}.imagePullPolicy": "add",
        'metadata.labels["contoso.example/team"]': "add",
        "metadata.labels.app": "add",
        'spec.template.metadata.labels["contoso.example/tier"]': "add",
    }
    assert changes(step("mygw", "kubernetes:apps/v1:Deployment", kinds)) == [
        "- to change mygw:",
        f'    sets spec.template.metadata.annotations["contoso.example/owner"], {pod}.imagePullSecrets, '
        f'{CONTAINER}.imagePullPolicy, metadata.labels["contoso.example/team"], '
        'spec.template.metadata.labels["contoso.example/tier"] (as configured)',
        '    sets spec.template.metadata.annotations["self-hosted-gateway/settings-checksum"] (pods are rolled when their '
        "settings change)",
        "    sets metadata.labels.app (the program's objects carry the label `app`)",
    ]


def test_the_client_secret_leaves_the_config_map_for_the_secret_or_becomes_another() -> None:
    env = ("mygw-env", "kubernetes:core/v1:ConfigMap")
    removed = changes(
        step(*env, {SECRET_SETTING: "delete"}), losses=Losses([lost("mygw-env", "ConfigMap", SECRET_SETTING)])
    )
    assert removed[1] == f"    removes {SECRET_SETTING} (the secret is a Kubernetes Secret's, not the ConfigMap's)"
    updated = changes(step(*env, {SECRET_SETTING: "update"}))
    assert updated[1] == f"    sets {SECRET_SETTING} (a client secret can't be read back: a new one is made)"


def test_what_cannot_be_read_is_said() -> None:
    unknown = Losses(unknown={"mygw": "The cluster can't be read: no route"})
    assert changes(step("mygw", "kubernetes:apps/v1:Deployment", {}), losses=unknown)[1:] == [
        "    It is not known what the update takes away from it. The cluster can't be read: no route"
    ]


def test_outside_of_the_cluster_each_property_has_its_reason() -> None:
    application = step(
        "mygw-identity-application",
        "azuread:index/application:Application",
        {"displayName": "update", "owners": "update", "notes": "delete", "signInAudience": "update"},
    )
    assert changes(application) == [
        "- to change mygw-identity-application: displayName (applications are named after instance and gateway); owners (the "
        "configuration names the owners); notes (the program does not declare it); signInAudience (as configured)"
    ]
