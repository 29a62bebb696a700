"""The cluster's API server, asked directly: a process of kubectl for each question would take most of a test's time."""

import json
import ssl
from pathlib import Path
from typing import Any

import httpx

from tests.cluster_roles import API_GROUPS

# Of the kinds that tests ask for; singular, as kubectl takes them too.
_GROUPS = {
    "configmap": "/api/v1",
    "pod": "/api/v1",
    "secret": "/api/v1",
    "service": "/api/v1",
    "serviceaccount": "/api/v1",
    "deployment": "/apis/apps/v1",
    "replicaset": "/apis/apps/v1",
    "horizontalpodautoscaler": "/apis/autoscaling/v2",
    "poddisruptionbudget": "/apis/policy/v1",
}


class Cluster:
    """The API server, as one of the sandbox's users sees it.

    Args:
        home: the sandbox's folder.
        user: `admin`, `deployer` or `reader`.
    """

    def __init__(self, home: Path, user: str = "admin") -> None:
        certificates = home / "kubernetes" / "certificates"
        context = ssl.create_default_context(cafile=str(certificates / "ca.pem"))
        context.load_cert_chain(str(certificates / f"{user}.pem"), str(certificates / f"{user}-key.pem"))
        port = json.loads((home / "ports.json").read_text())["api_server"]
        self._client = httpx.Client(base_url=f"https://127.0.0.1:{port}", verify=context, timeout=60, trust_env=False)

    def objects(self, kind: str, namespace: str = "default") -> dict[str, dict[str, Any]]:
        """The objects of a kind (`pod` or `pods`) in a namespace, by name, as `kubectl get` shows them."""
        kind = kind.removesuffix("s")
        return {
            each["metadata"]["name"]: each for each in self._listed(f"{_GROUPS[kind]}/namespaces/{namespace}/{kind}s")
        }

    def namespaces(self) -> list[str]:
        """The names of all namespaces."""
        return [each["metadata"]["name"] for each in self._listed("/api/v1/namespaces")]

    def log(self, pod: str, namespace: str = "default") -> str:
        """What a pod's container has printed; an assertion fails while it has not started."""
        return self._get(f"/api/v1/namespaces/{namespace}/pods/{pod}/log").text

    def may(self, verb: str, resource: str, namespace: str) -> bool:
        """Whether the user may do something with a kind of object, such as `pods/log`, in a namespace."""
        kind, _, subresource = resource.partition("/")
        asked = {
            "verb": verb,
            "group": API_GROUPS.get(kind, ""),
            "resource": kind,
            "subresource": subresource,
            "namespace": namespace,
        }
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": asked},
        }
        answer = self._client.post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", json=review)
        assert answer.status_code == 201, answer.text
        return answer.json()["status"]["allowed"]

    def patch(self, kind: str, name: str, namespace: str, patch: list[dict[str, Any]], *, dry_run: bool = False) -> str:
        """Change an object by a JSON Patch, in the name of `kubectl patch`; what the API server says against it, or nothing."""
        answer = self._client.patch(
            f"{_GROUPS[kind]}/namespaces/{namespace}/{kind}s/{name}",
            params={"fieldManager": "kubectl-patch", **({"dryRun": "All"} if dry_run else {})},
            headers={"Content-Type": "application/json-patch+json"},
            content=json.dumps(patch),
        )
        return "" if answer.status_code == 200 else answer.json()["message"]

    def delete_labelled(self, kind: str, label: str, **options: Any) -> None:
        """Delete the objects of a kind with a label in all namespaces; they may take a while to go."""
        for each in self._listed(f"{_GROUPS[kind]}/{kind}s", labelSelector=label):
            if "deletionTimestamp" not in each["metadata"]:
                namespace, name = each["metadata"]["namespace"], each["metadata"]["name"]
                self._delete(f"{_GROUPS[kind]}/namespaces/{namespace}/{kind}s/{name}", options)

    def labelled(self, kind: str, label: str) -> list[str]:
        """The names of the objects of a kind with a label in all namespaces."""
        listed = self._listed(f"{_GROUPS[kind]}/{kind}s", labelSelector=label)
        return [each["metadata"]["name"] for each in listed]

    def delete_namespace(self, name: str) -> None:
        """Delete a namespace; it takes a while to go."""
        self._delete(f"/api/v1/namespaces/{name}", {})

    def _delete(self, path: str, options: dict[str, Any]) -> None:
        body = {"apiVersion": "v1", "kind": "DeleteOptions", **options}
        answer = self._client.request("DELETE", path, json=body)
        assert answer.status_code in (200, 202, 404, 409), answer.text

    def _listed(self, path: str, **query: str) -> list[dict[str, Any]]:
        listed = self._get(path, **query).json()
        kind = {"apiVersion": listed["apiVersion"], "kind": listed["kind"].removesuffix("List")}
        for each in listed["items"]:
            each["metadata"].pop("managedFields", None)
        return [{**kind, **each} for each in listed["items"]]

    def _get(self, path: str, **query: str) -> httpx.Response:
        answer = self._client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer
