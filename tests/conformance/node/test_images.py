"""Images: which there are, for which machines, and who may pull them."""

import base64
import json
from typing import Any

import pytest

from sandbox.node.images import ImageNotPulledError, Images

from ..conftest import RELEASED_IMAGES, Node
from ..control_plane import Kubernetes
from .objects import in_namespace, is_ready, pod, state, waits

GATEWAY = "mcr.microsoft.com/azure-api-management/gateway"
MIRROR = "contoso.azurecr.io/azure-api-management/gateway"
PRIVATE = "private.example.com/program:1"


def images(architecture: str = "amd64") -> Images:
    return Images(RELEASED_IMAGES, architecture)


def pull_secret(name: str, registry: str, user: str, password: str) -> dict[str, Any]:
    auths = {registry: {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name},
        "type": "kubernetes.io/dockerconfigjson",
        "data": {".dockerconfigjson": base64.b64encode(json.dumps({"auths": auths}).encode()).decode()},
    }


def test_moving_tags_stand_for_the_newest_release() -> None:
    newest = images().pull(f"{GATEWAY}:2.13.2")
    assert [images().pull(f"{GATEWAY}{tag}").digest for tag in (":v2", ":latest", "")] == [newest.digest] * 3
    assert images().pull(f"{GATEWAY}:2.12.3").digest != newest.digest


def test_a_digest_decides_whatever_the_tag_says() -> None:
    older = images().pull(f"{GATEWAY}:2.12.3")
    assert older.id == f"{GATEWAY}@{older.digest}"
    for reference in (older.id, f"{GATEWAY}:2.13.2@{older.digest}"):
        assert images().pull(reference).digest == older.digest
    with pytest.raises(ImageNotPulledError, match=r"code = NotFound .*: not found$"):
        images().pull(f"{GATEWAY}@sha256:{'0' * 64}")


@pytest.mark.parametrize("tag", ["2.3.0", "2.10.1", "2.12.0", "2.12.2", "2.12.3"])
def test_before_2_13_0_the_gateway_is_built_for_amd64_only(tag: str) -> None:
    images("amd64").pull(f"{GATEWAY}:{tag}")
    with pytest.raises(ImageNotPulledError) as refused:
        images("arm64").pull(f"{GATEWAY}:{tag}")
    assert str(refused.value) == (
        f'rpc error: code = NotFound desc = failed to pull and unpack image "{GATEWAY}:{tag}": no match for platform in '
        "manifest: not found"
    )


@pytest.mark.parametrize("tag", ["2.13.0", "2.13.2", "v2"])
def test_from_2_13_0_on_it_is_built_for_arm64_too(tag: str) -> None:
    for architecture in ("amd64", "arm64"):
        images(architecture).pull(f"{GATEWAY}:{tag}")


@pytest.mark.parametrize(
    ("secrets", "refusal"),
    [
        (
            [],
            "failed to authorize: failed to fetch anonymous token: unexpected status from GET request to "
            "https://contoso.azurecr.io/oauth2/token?scope=repository%3Aazure-api-management%2Fgateway%3Apull"
            "&service=contoso.azurecr.io: 401 Unauthorized",
        ),
        (
            [pull_secret("it", "other.azurecr.io", "puller", "not~a.real_secret")],
            "failed to authorize: failed to fetch anonymous token: unexpected status from GET request to "
            "https://contoso.azurecr.io/oauth2/token?scope=repository%3Aazure-api-management%2Fgateway%3Apull"
            "&service=contoso.azurecr.io: 401 Unauthorized",
        ),
        (
            [pull_secret("it", "contoso.azurecr.io", "puller", "wrong")],
            "failed to authorize: failed to fetch oauth token: unexpected status from POST request to "
            "https://contoso.azurecr.io/oauth2/token: 401 Unauthorized",
        ),
        ([pull_secret("it", "https://contoso.azurecr.io/v2/", "puller", "not~a.real_secret")], None),
        (
            [{"kind": "Secret", "type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": "e30="}}],
            ": 401 Unauthorized",
        ),
    ],
)
def test_a_private_registry_asks_who_pulls(secrets: list[dict[str, Any]], refusal: str | None) -> None:
    if refusal is None:
        images().pull(f"{MIRROR}:2.13.2", secrets)
        return
    with pytest.raises(ImageNotPulledError) as refused:
        images().pull(f"{MIRROR}:2.13.2", secrets)
    assert str(refused.value).endswith(refusal)


def test_what_another_pod_has_pulled_is_not_open_to_one_without_the_secret() -> None:
    registry = images()
    secret = pull_secret("it", "contoso.azurecr.io", "puller", "not~a.real_secret")
    assert registry.present(f"{MIRROR}:2.13.2", [secret]) is None
    registry.pull(f"{MIRROR}:2.13.2", [secret])
    assert registry.present(f"{MIRROR}:2.13.2", [secret]) is not None
    assert registry.present(f"{MIRROR}:2.13.2") is None


def test_a_pod_pulls_with_its_secret(kubernetes: Kubernetes, node: Node, namespace: str) -> None:
    objects = [
        pull_secret("registry", "private.example.com", "puller", "not~a.real_secret"),
        pod(PRIVATE, "with", imagePullSecrets=[{"name": "registry"}]),
        pod(PRIVATE, "without", imagePullSecrets=[{"name": "absent"}]),
    ]
    kubernetes.apply(*in_namespace(namespace, *objects))
    running = kubernetes.await_pod(namespace, "with", is_ready)
    assert running["status"]["containerStatuses"][0]["imageID"].startswith("private.example.com/program@sha256:")
    kubernetes.await_event(namespace, "Pulled", f'Successfully pulled image "{PRIVATE}"')
    found = kubernetes.await_pod(namespace, "without", waits("ErrImagePull"))
    assert "failed to fetch anonymous token" in state(found)["waiting"]["message"]
    event = kubernetes.await_event(namespace, "FailedToRetrieveImagePullSecret")
    assert event["message"] == (
        "Unable to retrieve some image pull secrets (absent); attempting to pull the image may not succeed."
    )


def test_an_image_that_is_never_pulled_has_to_be_there(kubernetes: Kubernetes, node: Node, namespace: str) -> None:
    never = [pod("example.com/seldom:1", name, container_imagePullPolicy="Never") for name in ("before", "after")]
    kubernetes.apply(*in_namespace(namespace, never[0]))
    found = kubernetes.await_pod(namespace, "before", waits("ErrImageNeverPull"))
    message = 'Container image "example.com/seldom:1" is not present with pull policy of Never'
    assert state(found)["waiting"]["message"] == message
    kubernetes.await_event(namespace, "ErrImageNeverPull", message)
    kubernetes.apply(*in_namespace(namespace, pod("example.com/seldom:1", "pulls")))
    kubernetes.await_pod(namespace, "pulls", is_ready)
    kubernetes.apply(*in_namespace(namespace, never[1]))
    kubernetes.await_pod(namespace, "after", is_ready)


def test_the_architecture_that_pods_see_is_the_nodes(kubernetes: Kubernetes, node: Node, namespace: str) -> None:
    labels = json.loads(kubernetes.kubectl("get", "node", "sandbox", "-o", "json"))["metadata"]["labels"]
    assert labels["kubernetes.io/os"] == "linux"
    assert labels["kubernetes.io/arch"] in ("amd64", "arm64")
    assert labels["kubernetes.io/hostname"] == "sandbox"
    assert labels["topology.kubernetes.io/region"] == "local"
    assert labels["topology.kubernetes.io/zone"] == "local-1"
