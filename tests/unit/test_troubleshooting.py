"""The messages in docs/troubleshooting.md are what somebody really says."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.conftest import CHECKOUT
from tests.documented_commands import text_of

# What neither the program nor the sandbox says, and who does.
OTHERS = {
    "the stack is currently locked by 1 lock(s)": "the engine; tests/engine/test_faults.py sees it",
    "failed to load checkpoint: EOF": "the engine; tests/engine/test_kills.py sees it",
    "error: EOF": "the engine; tests/engine/test_kills.py sees it",
    "because it is protected": "the engine, before a deletion",
    "is currently marked for protection": "the engine, before a replacement or where the program lost it",
    "configured Kubernetes cluster is unreachable": "the Kubernetes provider; tests/engine/test_refusals.py sees it",
    "CredentialInvalidLifetimeAsPerAppPolicy": "Graph, where the tenant has an application management policy",
    "AsPerAppPolicy": "Graph: the end of the codes of such a policy's refusals",
    "Timed out whilst waiting for new service principal to be replicated in Azure AD": "the azuread provider",
    "RetryableError": "ARM, where it throttles; azure-native's issue 3720 shows it",
    "field is immutable": "the API server",
    "namespaces": "the API server; tests/engine/test_refusals.py sees it",
    "is forbidden: exceeded quota:": "the API server; tests/engine/test_verify.py sees it",
    "is forbidden: violates PodSecurity": "the API server; tests/engine/test_verify.py sees it",
    "is forbidden: unable to validate against any security context constraint:": "OpenShift's admission",
    "nodes are available:": "the scheduler; tests/engine/test_verify.py sees it",
    "is forbidden: User": "the API server; tests/engine/test_cluster_rights.py sees it",
    "Refreshed resource is in an unhealthy state": "the engine; tests/engine/test_cluster_rights.py sees it",
    "Startup probe failed:": "kubelet, and the sandbox's node in two parts",
    "StatusCode: Forbidden": "the gateway's image; the sandbox's in two parts, tests/conformance/gateway sees it",
    "StatusCode: NotFound": "the gateway's image; the sandbox's in two parts, tests/conformance/gateway sees it",
    "LocalBackupLocationNotFound": "the gateway's image, without a volume at /apim/config",
}


def messages() -> Iterator[str]:
    """What stands between back-ticks where the tables say what is seen, without what differs each time."""
    for line in text_of("docs/troubleshooting.md").splitlines():
        seen = line.split(" | ")[0] if line.startswith("| ") else ""
        if re.match(r"\| AADSTS", line):
            seen = " ".join(line.split(" | ")[:2])
        for span in re.findall(r"`([^`]+)`", seen):
            yield from (part for text in re.split(r"\.\.\.", span) if len(part := text.strip(" '\"")) > 3)


def said() -> str:
    """All texts in the sources of program, commands and sandbox, with `...` where a value goes."""
    texts: list[str] = []
    for folder in ("components", "ops", "sandbox"):
        for path in (CHECKOUT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.JoinedStr):
                    parts = [str(part.value) if isinstance(part, ast.Constant) else "..." for part in node.values]
                    texts.append("".join(parts))
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    texts.append(node.value)
    return "\n".join(texts)


SAID = said()


@pytest.mark.parametrize("message", sorted(set(messages())))
def test_a_message_is_one_that_is_given(message: str) -> None:
    assert message in SAID or message in OTHERS


def test_nothing_is_listed_that_is_not_documented() -> None:
    assert [message for message in OTHERS if message not in set(messages())] == []


@pytest.mark.parametrize(
    "words",
    [
        "ScopeLocked",
        "CredentialInvalidLifetimeAsPerAppPolicy",
        "PessimisticConcurrencyConflict",
        "ManagementApiRequestFailed",
        "PreconditionFailed",
        "cannot check existence of resource",
        "InvalidAssignableScopes",
        "field is immutable",
        "RetryableError",
        "Retry-After",
        "Timed out whilst waiting for new service principal to be replicated in Azure AD",
        "configured Kubernetes cluster is unreachable",
    ],
)
def test_what_people_met_is_found_by_the_words_of_its_message(words: str) -> None:
    assert any(words in line for line in text_of("docs/troubleshooting.md").splitlines() if line.startswith("| `"))
