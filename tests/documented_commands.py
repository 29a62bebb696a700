"""The commands that README and docs show: found in their text, and what of them can't be run on the sandbox.

A ```sh block is run as it stands by `tests/engine/test_documented_commands.py`, block after block as they follow in the
page. Commands within sentences, `such as this`, are held against the help of their program.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .conftest import CHECKOUT

# Run by tests of their own, which know what such a page's commands need.
RUN_ELSEWHERE = {
    "bootstrap/README.md": "tests/engine/test_bootstrap.py",
    "docs/pipelines.md": "tests/engine/test_github_workflows.py",
}

# Commands that can't be run on the sandbox, by how they begin, and why. Those of `az` are held against `AZ`.
NOT_RUN = {
    "az": "needs a real subscription: the sandbox has no Azure CLI",
    "export PULUMI_BACKEND_URL=$(pulumi": "leads to azblob://, and the sandbox has no blobs",
    **{
        f"pulumi stack init {stack} --secrets-provider=$SECRETS_PROVIDER": "needs a key vault; the sandbox encrypts nothing"
        for stack in ("dev", "staging", "prod")
    },
    "kubelogin": "signs in to a real cluster; the pipelines' tests have a stand-in",
    "curl": "its address is known after the deployment; the test of the page sends the request itself",
    "make check": "the tests are part of it",
    "make test": "the tests are part of it",
    "make live": "takes a minute; tests/engine/test_plan.py has a live run",
    "make mutants": "it runs the tests of a module for minutes",
    "helm": "another tool's, named where one comes from it",
    "terraform": "another tool's, named where one comes from it",
}

# What the pages use of the Azure CLI, by its reference.
AZ = {
    "az account show": set[str](),
    "az account management-group list": set[str](),
    "az ad app credential delete": {"--id", "--key-id"},
    "az ad app owner add": {"--id", "--owner-object-id"},
    "az ad group create": {"--display-name", "--mail-nickname"},
    "az ad group member add": {"--group", "--member-id", "--query", "--output"},
    "az ad signed-in-user show": {"--query"},
    "az aks create": {
        "--resource-group", "--name", "--generate-ssh-keys", "--enable-aad", "--aad-admin-group-object-ids", "--group",
        "--query", "--output",
    },
    "az aks get-credentials": {"--resource-group", "--name", "--file"},
    "az aks install-cli": set[str](),
    "az apim api list": set[str](),
    "az apim api create": {
        "--resource-group", "--service-name", "--api-id", "--display-name", "--path", "--service-url", "--protocols",
        "--subscription-required",
    },
    "az apim api operation create": {
        "--resource-group", "--service-name", "--api-id", "--display-name", "--method", "--url-template",
    },
    "az apim create": {
        "--resource-group", "--name", "--sku-name", "--publisher-name", "--publisher-email", "--enable-managed-identity",
    },
    "az apim update": {"--resource-group", "--name", "--enable-managed-identity"},
    "az group create": {"--name", "--location"},
    "az lock list": {"--resource-group"},
    "az login": set[str](),
    "az role assignment create": {
        "--role", "--scope", "--assignee-object-id", "--assignee-principal-type", "--query", "--output",
    },
    "az role definition create": {"--role-definition"},
    "az role definition update": {"--role-definition"},
}  # fmt: skip

_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w*)\n(?P<text>.*?)^(?P=indent)```$", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^#+ (?P<title>.+)$", re.MULTILINE)
_PROGRAM = re.compile(r"(\.venv/bin/\S+|python -m \S+|pulumi|kubectl|make|ops|az|gh|git|curl|helm|terraform) ")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: str
    heading: str
    """The heading that it stands under."""
    language: str
    text: str

    @property
    def commands(self) -> list[str]:
        """Its commands, each on one line."""
        return [line.strip() for line in self.text.replace("\\\n", " ").splitlines() if line.strip()]


def pages() -> list[str]:
    """Where people look for commands: the top of the repository, docs/, bootstrap/."""
    found = [*CHECKOUT.glob("*.md"), *(CHECKOUT / "docs").rglob("*.md"), *(CHECKOUT / "bootstrap").glob("*.md")]
    return sorted(str(path.relative_to(CHECKOUT)) for path in found)


def text_of(page: str) -> str:
    return (CHECKOUT / page).read_text()


def blocks(page: str) -> list[Block]:
    """The page's fenced blocks in order."""
    text = text_of(page)
    headings = [(match.start(), match["title"]) for match in _HEADING.finditer(_FENCE.sub(_blank, text))]
    found: list[Block] = []
    for match in _FENCE.finditer(text):
        heading = [title for start, title in headings if start < match.start()][-1]
        lines = [line.removeprefix(match["indent"]) for line in match["text"].splitlines()]
        found.append(Block(page, heading, match["language"], "\n".join(lines) + "\n"))
    return found


def without_blocks(page: str) -> str:
    """The page's sentences and tables."""
    return _FENCE.sub(_blank, text_of(page))


def mentions(page: str) -> Iterator[str]:
    """The commands within the page's sentences."""
    for span in re.findall(r"`([^`]+)`", without_blocks(page)):
        command = " ".join(span.split())
        if _PROGRAM.match(command):
            yield command


def why_not_run(command: str) -> str | None:
    """The reason for which a command is not run; None where it is."""
    return next((reason for start, reason in NOT_RUN.items() if f"{command} ".startswith(f"{start} ")), None)


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match[0])
