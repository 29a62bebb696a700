"""The commands of README and docs, run as they stand and in their order, each page in a checkout of its own."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.documented_commands import Block, blocks, mentions, pages, why_not_run

from ..environments import shipped
from .by_hand import deploy_by_hand
from .sandbox import (
    AUTHORIZATION_VERSION,
    CHECKOUT,
    SUBSCRIPTION,
    Result,
    Sandbox,
    sandbox_config,
    sandbox_gateway,
)
from .shipped_files import TODAY, filled_in
from .traffic import nobody_noticed, stream

STACKS = ("staging", "dev")
_IGNORED = (".git", ".sandbox", ".venv", "__pycache__", ".*_cache")


@dataclass
class Checkout:
    """A copy of the repository in which a page's commands are run."""

    folder: Path
    environment: dict[str, str]

    @classmethod
    def create(cls, folder: Path, environment: dict[str, str]) -> "Checkout":
        shutil.copytree(CHECKOUT, folder, ignore=shutil.ignore_patterns(*_IGNORED), symlinks=True)
        (folder / ".venv").symlink_to(CHECKOUT / ".venv")
        # Nobody is there to say yes.
        return cls(folder, {**environment, "PULUMI_SKIP_CONFIRMATIONS": "true", "NO_COLOR": "1"})

    def run(self, script: str) -> Result:
        finished = subprocess.run(
            ["bash", "-e", "-x", "-c", script],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
        )
        return Result(finished.returncode, finished.stdout)

    def stack_file(self, stack: str = "dev") -> dict[str, Any]:
        return yaml.safe_load((self.folder / f"Pulumi.{stack}.yaml").read_text())

    def write_stack_file(self, document: dict[str, Any], stack: str = "dev") -> None:
        (self.folder / f"Pulumi.{stack}.yaml").write_text(yaml.safe_dump(document, sort_keys=False))


Step = Callable[[Checkout, Sandbox], None]


@dataclass(frozen=True)
class Page:
    """What a page's reader has and does beside its commands."""

    before: dict[str, Step] = field(default_factory=dict[str, Step])
    """What is done before the first block under a heading; the empty text for the page."""
    said: dict[str, str] = field(default_factory=dict[str, str])
    """What the blocks under a heading print, among other things."""
    during: Callable[[Sandbox], AbstractContextManager[None]] = lambda sandbox: nullcontext()
    """What goes on while the commands are run."""
    after: Step = lambda checkout, sandbox: None


def article_with_an_api(checkout: Checkout, sandbox: Sandbox) -> None:
    """`Pulumi.dev.yaml` as the README has it filled in."""
    document = filled_in(shipped("dev"))
    document["config"]["self-hosted-gateway:gateways"][0]["apis"] = ["echo"]
    checkout.write_stack_file(document)


def gateway_serves(checkout: Checkout, sandbox: Sandbox) -> None:
    answer = httpx.get(f"{sandbox.live_traffic()}/echo", trust_env=False)
    assert answer.status_code == 200


def deployed(checkout: Checkout, sandbox: Sandbox) -> None:
    gateway = sandbox_gateway(image="mcr.microsoft.com/azure-api-management/gateway:2.12.3")
    checkout.write_stack_file({"config": sandbox_config(gateways=[gateway], protect=["roles"])})
    checkout.run("pulumi stack init dev && pulumi up --stack dev --skip-preview").ok()


def with_the_second_gateway(checkout: Checkout, sandbox: Sandbox) -> None:
    """The page's YAML, added to the stack's file."""
    yaml_blocks = [block for block in blocks("docs/operations.md") if block.language == "yaml"]
    (addition,) = [block for block in yaml_blocks if block.heading == "Add a gateway"]
    document = checkout.stack_file()
    for key, value in filled_in(addition.text).items():
        document["config"][key] += value
    checkout.write_stack_file(document)


def with_stagings_values(checkout: Checkout, sandbox: Sandbox) -> None:
    checkout.write_stack_file(filled_in(shipped("staging")), "staging")


def without_the_second_gateway(checkout: Checkout, sandbox: Sandbox) -> None:
    document = checkout.stack_file()
    del document["config"]["self-hosted-gateway:gateways"][1]
    checkout.write_stack_file(document)


def under_version_control(checkout: Checkout, sandbox: Sandbox) -> None:
    checkout.run("git init --quiet && git add --all -- ':!.venv'").ok()


GATEWAYS = "self-hosted-gateway:gateways"
GET_CONFIGURATION = "Microsoft.ApiManagement/service/gateways/getConfiguration/action"
# Git asks who commits; nobody's own configuration counts.
GIT = {f"GIT_{who}_{what}": "contoso@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
GIT |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


def deployed_from_a_commit(checkout: Checkout, sandbox: Sandbox) -> None:
    deployed(checkout, sandbox)
    checkout.environment |= GIT
    checkout.run("git init --quiet && git add --all -- ':!.venv' && git commit --quiet --message One").ok()


OTHER_RIGHT = "Microsoft.ApiManagement/service/users/read"


def bad_commit(checkout: Checkout, image: str, rotation: str, replaced: dict[str, tuple[str, str]]) -> Result:
    """A commit with another image, another secret and a changed program, by module; the answer of its update."""
    document = checkout.stack_file()
    (gateway,) = document["config"][GATEWAYS]
    gateway["image"] = f"mcr.microsoft.com/azure-api-management/gateway:{image}"
    gateway["authentication"]["clientSecret"]["rotation"] = rotation
    checkout.write_stack_file(document)
    for module, (old, new) in replaced.items():
        file = checkout.folder / "components" / f"{module}.py"
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))
    checkout.run("git commit --quiet --all --message Bad").ok()
    return checkout.run("pulumi up --stack dev --skip-preview")


def client_secrets(sandbox: Sandbox) -> list[str]:
    (application,) = [
        entry
        for entry in sandbox.graph().get("/v1.0/applications").json()["value"]
        if "self-hosted gateway mygw" in entry["displayName"]
    ]
    return [secret["displayName"] for secret in application["passwordCredentials"]]


def reader_role_grants(sandbox: Sandbox) -> list[str]:
    url = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions"
    roles = sandbox.arm().get(url, params={"api-version": AUTHORIZATION_VERSION}).json()["value"]
    (reader,) = [role["properties"] for role in roles if "Configuration Reader" in role["properties"]["roleName"]]
    return reader["permissions"][0]["dataActions"]


def an_update_that_fails(checkout: Checkout, sandbox: Sandbox) -> None:
    """To an image that there is not, with a role that does not let the gateway read its configuration any more."""
    pods, rotation = set(sandbox.objects("pods")), f"{TODAY - timedelta(days=2)}"
    # 25 minutes are too long for a test.
    replaced = {"roles": (GET_CONFIGURATION, OTHER_RIGHT), "workload/deployment": ("update=timeout", 'update="5s"')}
    assert bad_commit(checkout, "2.99.0", rotation, replaced).code != 0
    assert pods < set(sandbox.objects("pods"))
    assert client_secrets(sandbox) == ["rotated 2026-11-01", f"rotated {rotation}"]
    assert reader_role_grants(sandbox) == [OTHER_RIGHT]


def gone_back(checkout: Checkout, sandbox: Sandbox, secret: str) -> None:
    """All is as the first commit has it, but for the secret, which is another one."""
    assert client_secrets(sandbox) == [secret]
    assert reader_role_grants(sandbox) == [GET_CONFIGURATION]
    (deployment,) = sandbox.objects("deployments").values()
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "mcr.microsoft.com/azure-api-management/gateway:2.12.3"


def an_update_that_succeeds(checkout: Checkout, sandbox: Sandbox) -> None:
    """To an image that is not wanted, with a role that grants more."""
    gone_back(checkout, sandbox, "rotated 2026-11-01")
    rotation = f"{TODAY - timedelta(days=1)}"
    replaced = {"roles": (f'"{GET_CONFIGURATION}"', f'"{GET_CONFIGURATION}", "{OTHER_RIGHT}"')}
    bad_commit(checkout, "2.12.0", rotation, replaced).ok()
    assert client_secrets(sandbox) == [f"rotated {rotation}"]
    assert reader_role_grants(sandbox) == [GET_CONFIGURATION, OTHER_RIGHT]


@contextmanager
def no_request_fails(sandbox: Sandbox) -> Iterator[None]:
    with stream(f"{sandbox.live_traffic()}/echo/hello") as sent:
        yield
    nobody_noticed(sent)


def nothing_is_left(checkout: Checkout, sandbox: Sandbox) -> None:
    assert sandbox.objects("deployments") == {}
    applications = sandbox.graph().get("/v1.0/applications").json()["value"]
    assert [entry["displayName"] for entry in applications if "self-hosted gateway" in entry["displayName"]] == []


def made_by_hand(checkout: Checkout, sandbox: Sandbox) -> None:
    deploy_by_hand(sandbox)
    checkout.write_stack_file({"config": sandbox_config()})


def as_the_clusters_administrator(checkout: Checkout, sandbox: Sandbox) -> None:
    checkout.environment["KUBECONFIG"] = sandbox.environments["administrator"]["KUBECONFIG"]
    checkout.environment |= {"DEPLOYER_OBJECT_ID": "deployer", "READER_OBJECT_ID": "reader"}


def they_may(checkout: Checkout, sandbox: Sandbox) -> None:
    for who, verb, answer in (("deployer", "create", "yes"), ("reader", "get", "yes"), ("reader", "create", "no")):
        sandbox.await_right(who, verb, "secrets", answer, "apim")


PAGES = {
    "README.md": Page(
        before={"On real Azure": article_with_an_api},
        said={"On real Azure": "serviceAddress"},
        after=gateway_serves,
    ),
    "CONTRIBUTING.md": Page(before={"": under_version_control}),
    "docs/coming-from.md": Page(
        before={"": made_by_hand},
        said={"Taking it over": "- found     mygw-identity-application"},
    ),
    "docs/operations.md": Page(
        before={
            "": deployed,
            "Add a gateway": with_the_second_gateway,
            "Add an environment": with_stagings_values,
            "Remove a gateway": without_the_second_gateway,
        },
        said={
            "Change something": "nothing to do",
            "Add a gateway": "ok      branch: pods: 1 of 1 ready in default/branch",
            "Add an environment": "ok      mygw-staging: pods: 2 of 2 ready in default/mygw-staging",
            "While an update waits": "No update of stack dev is running.",
            "Rotate the client secret": "Gateway 'mygw': rotation 2026-11-01 -> ",
            "Find drift and heal it": "No drift",
            "Recover from a failed update": "there is nothing to recover",
            "Remove a gateway": "16 to delete",
        },
        after=nothing_is_left,
    ),
    "docs/rollback.md": Page(
        before={
            "": deployed_from_a_commit,
            "Go back": an_update_that_fails,
            "Go back and keep a new secret": an_update_that_succeeds,
        },
        said={
            "Go back": "mygw-identity-client-secret",
            "Go back and keep a new secret": f" -> {TODAY}.",
        },
        during=no_request_fails,
        after=lambda checkout, sandbox: gone_back(checkout, sandbox, f"rotated {TODAY}"),
    ),
    "docs/permissions.md": Page(before={"": as_the_clusters_administrator}, after=they_may),
}


def to_run(page: str) -> list[Block]:
    """The page's blocks of commands, without those that can't be run here."""
    found: list[Block] = []
    for block in blocks(page):
        commands = [command for command in block.commands if not why_not_run(command)]
        if block.language == "sh" and commands:
            found.append(Block(block.page, block.heading, "sh", "\n".join(commands)))
    return found


@pytest.fixture
def checkout(sandbox: Sandbox, tmp_path: Path) -> Iterator[Checkout]:
    """A checkout of its own on the tests' sandbox, with Azure as it was seeded and an empty cluster."""
    sandbox.reset_azure()
    sandbox.erase_cluster()
    made = Checkout.create(tmp_path / "checkout", sandbox.environments["deployer"])
    for stack in STACKS:  # another test's, if there is one
        made.run(f"pulumi stack rm {stack} --force --preserve-config")
    yield made
    for stack in STACKS:
        made.run(f"pulumi stack rm {stack} --force")


@pytest.mark.timeout(900)
@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_work_one_after_the_other(page: str, checkout: Checkout, sandbox: Sandbox) -> None:
    told = PAGES[page]
    waiting = dict(told.before)
    if "" in waiting:
        waiting.pop("")(checkout, sandbox)
    output: dict[str, str] = {}
    with told.during(sandbox):
        for block in to_run(page):
            if block.heading == "Try it":
                continue  # below: it starts a sandbox of its own
            if block.heading in waiting:
                waiting.pop(block.heading)(checkout, sandbox)
            output[block.heading] = output.get(block.heading, "") + checkout.run(block.text).ok().output
    assert waiting == {}
    for heading, text in told.said.items():
        assert text in output[heading]
    told.after(checkout, sandbox)


@pytest.mark.timeout(600)
def test_the_readmes_first_commands_start_a_sandbox_and_erase_it(tmp_path: Path) -> None:
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "XDG_CACHE_HOME") if name in os.environ}
    checkout = Checkout.create(tmp_path / "checkout", inherited)
    first, second = [block for block in to_run("README.md") if block.heading == "Try it"]
    try:
        said = checkout.run(first.text).ok().output
        assert "The gateway serves: http://" in said
        assert "27 unchanged" in said
        said = checkout.run(second.text).ok().output
        assert "mygw-" in said
        assert "Erased " in said
        assert not (checkout.folder / ".sandbox").exists()
    finally:
        checkout.run("make sandbox-reset")


@pytest.mark.parametrize("page", pages())
def test_commands_within_sentences_are_their_programs(page: str, sandbox: Sandbox) -> None:
    for command in dict.fromkeys(mentions(page)):
        program, *words = command.split()
        if program not in ("pulumi", "kubectl"):
            continue
        plain = [word for word in words if word[0].isalpha()]
        # Without it, the engine's help leaves out `--plan`, which works all the same.
        help_ = sandbox.run(program, *plain[:2], "--help", PULUMI_EXPERIMENTAL="true").ok().output
        assert f"{program} {plain[0]}" in help_
        for option in (word.partition("=")[0] for word in words if word.startswith("--")):
            assert option in help_, f"{page}: {command}"
