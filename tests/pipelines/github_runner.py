"""Runs the workflows' own steps in the order in which GitHub would; what it does not know is an error.

Actions of others are played: what they leave behind is there afterwards, what they need is checked. The sign-in by a
job's identity token is played too: it needs `id-token: write`, and gives the sandbox's sign-in of that client.
"""

import os
import re
import shutil
import subprocess
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from .expressions import Expressions
from .github_api import GitHubApi
from .working_copy import Repository

_JOB_KEYS = {
    "if", "needs", "runs-on", "timeout-minutes", "permissions", "env", "steps", "outputs", "strategy", "environment",
    "concurrency", "uses", "with",
}  # fmt: skip
_STEP_KEYS = {"id", "if", "uses", "with", "run", "env", "shell", "name"}


@dataclass
class Job:
    """A job that has ended."""

    name: str
    result: str
    """`success`, `failure` or `skipped`."""
    outputs: dict[str, Any] = field(default_factory=dict)
    log: str = ""
    summary: str = ""


@dataclass
class Run:
    """A run that has ended."""

    jobs: list[Job] = field(default_factory=list)

    def results(self) -> dict[str, str]:
        return {job.name: job.result for job in self.jobs}

    def __getitem__(self, name: str) -> Job:
        return next(job for job in self.jobs if job.name == name)

    @property
    def texts(self) -> str:
        """Everything that somebody could read of it."""
        return "\n".join(text for job in self.jobs for text in (job.log, job.summary))


@dataclass(frozen=True)
class SignIn:
    """An identity that trusts some of the repository's jobs."""

    subjects: frozenset[str]
    """What the token's subject has to be, after the repository: `pull_request`, `ref:<ref>` or `environment:<name>`."""
    environment: dict[str, str]
    """What signing in adds to the job's environment."""


@dataclass
class GitHub:
    """What GitHub knows of the repository, and where its jobs run."""

    repository: Repository
    api: GitHubApi
    variables: dict[str, str]
    environments: dict[str, dict[str, str]]
    """Each environment's own variables."""
    machine: dict[str, str]
    """The runner's environment, before anybody has signed in."""
    sign_ins: dict[str, SignIn]
    """By client id."""
    folder: Path
    approve: Callable[[str], None] = lambda environment: None
    """Called before a job begins that an environment protects."""
    artifacts: dict[str, Path] = field(default_factory=dict)
    cloud_sign_ins: list[str] = field(default_factory=list)
    """Organizations of Pulumi Cloud that jobs have signed in to."""

    def run(self, workflow: str, event_name: str, event: dict[str, Any], commit: str) -> Run:
        """Run a workflow for an event."""
        github = {
            "event_name": event_name,
            "event": event,
            "repository": self.api.repository,
            "sha": commit,
            "ref": f"refs/pull/{event['pull_request']['number']}/merge"
            if "pull_request" in event
            else "refs/heads/main",
        }
        self.artifacts.clear()
        run = Run()
        self._workflow(_load(self.repository.folder / ".github/workflows" / workflow), github, {}, run, "", None)
        return run

    def _workflow(
        self,
        document: dict[str, Any],
        github: dict[str, Any],
        inputs: dict[str, Any],
        run: Run,
        prefix: str,
        permissions: dict[str, str] | None,
    ) -> str:
        assert document["permissions"] == {}, "a job gets what it names, and no more"
        needs: dict[str, dict[str, Any]] = {}
        for name, job in document["jobs"].items():
            assert set(job) <= _JOB_KEYS, f"{name}: {set(job) - _JOB_KEYS} not known here"
            before = [needs[needed] for needed in _listed(job.get("needs"))]
            fine = all(one["result"] == "success" for one in before)
            contexts = {"github": github, "inputs": inputs, "vars": self.variables}
            contexts["needs"] = {needed: needs[needed] for needed in _listed(job.get("needs"))}
            if not _expressions(contexts, fine).holds(job.get("if")):
                needs[name] = {"result": "skipped", "outputs": {}}
                run.jobs.append(Job(f"{prefix}{name}", "skipped"))
                continue
            given = job["permissions"]
            if permissions is not None:
                over = {what for what, access in given.items() if permissions.get(what) not in (access, "write")}
                assert not over, f"{name} asks for {over}, which its caller does not give"
            if "uses" in job:
                called = _load(self.repository.folder / job["uses"])
                filled = _expressions(contexts, fine).fill(job["with"])
                result = self._workflow(called, github, filled, run, f"{prefix}{name}/", given)
                needs[name] = {"result": result, "outputs": {}}
                continue
            needs[name] = self._matrix(name, job, contexts, run, prefix)
        failed = [one["result"] for one in needs.values() if one["result"] == "failure"]
        return "failure" if failed else "success"

    def _matrix(
        self, name: str, job: dict[str, Any], contexts: dict[str, Any], run: Run, prefix: str
    ) -> dict[str, Any]:
        matrix = _expressions(contexts).fill(job.get("strategy", {}).get("matrix", {}))
        cells = [{"stack": stack} for stack in matrix["stack"]] if matrix else [{}]
        outputs: dict[str, Any] = {}
        result = "success"
        for cell in cells:
            label = f"{prefix}{name}" + "".join(f" ({value})" for value in cell.values())
            ended = _JobRun(self, label, job, {**contexts, "matrix": cell}).run()
            run.jobs.append(ended)
            outputs |= ended.outputs
            result = "failure" if "failure" in (result, ended.result) else result
        return {"result": result, "outputs": outputs}


class _JobRun:
    """One job on a machine of its own."""

    def __init__(self, host: GitHub, name: str, job: dict[str, Any], contexts: dict[str, Any]) -> None:
        self._host = host
        self._job = job
        self._ended = Job(name, "success")
        self._folder = host.folder / uuid.uuid4().hex[:8]
        self._workspace = self._folder / "workspace"
        self._workspace.mkdir(parents=True)
        token = f"ghs_{uuid.uuid4().hex}"
        host.api.tokens[token] = job["permissions"]
        environment: str = _expressions(contexts).fill(job.get("environment", ""))
        if environment:
            host.approve(environment)
        self._subject = _subject(contexts["github"], environment)
        variables = {**host.variables, **host.environments.get(environment, {})}
        self._steps: dict[str, Any] = {}
        self._contexts = {**contexts, "vars": variables, "steps": self._steps}
        self._contexts["github"] = {**contexts["github"], "token": token}
        self._environment = self._filled(job.get("env", {}))
        self._added: dict[str, str] = {}

    def run(self) -> Job:
        for step in self._job["steps"]:
            self._step(step, self._contexts)
        self._ended.outputs = self._filled(self._job.get("outputs", {}))
        self._host.api.tokens.pop(self._contexts["github"]["token"])
        return self._ended

    def _step(self, step: dict[str, Any], contexts: dict[str, Any]) -> None:
        assert set(step) <= _STEP_KEYS, f"{set(step) - _STEP_KEYS} not known here"
        expressions = _expressions(contexts, self._ended.result == "success")
        if not expressions.holds(step.get("if")):
            return
        try:
            if "uses" in step:
                self._use(step["uses"], expressions.fill(step.get("with", {})), contexts)
            else:
                self._command(step, expressions.fill(step.get("env", {})))
        except StepFailedError as failure:
            self._ended.log += f"{failure}\n"
            self._ended.result = "failure"

    def _command(self, step: dict[str, Any], environment: dict[str, Any]) -> None:
        assert "${{" not in step["run"], "an expression in a script can be made to say something else"
        script = self._folder / "script.sh"
        script.write_text(step["run"])
        files = {name: self._folder / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_ENV")}
        for file in files.values():
            file.write_text("")
        shell = ["bash", "-e"]
        if step.get("shell") == "bash":
            shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail"]
        finished = subprocess.run(
            [*shell, str(script)],
            cwd=self._workspace,
            env={**self._machine(), **{name: _variable(value) for name, value in environment.items()}, **_paths(files)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=280,
        )
        self._ended.log += finished.stdout
        self._ended.summary += files["GITHUB_STEP_SUMMARY"].read_text()
        lines = files["GITHUB_OUTPUT"].read_text().splitlines()
        if "id" in step:
            self._steps[step["id"]] = {"outputs": dict(line.split("=", 1) for line in lines)}
        assert not files["GITHUB_ENV"].read_text(), "not known here"
        if finished.returncode:
            raise StepFailedError(f"Error: Process completed with exit code {finished.returncode}.")

    def _machine(self) -> dict[str, str]:
        """What a command finds in its environment."""
        github = self._contexts["github"]
        own = {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": self._host.api.url,
            "GITHUB_REPOSITORY": github["repository"],
            "GITHUB_RUN_ID": "4711",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_SHA": github["sha"],
            "HOME": str(self._folder),
        }
        job = {name: _variable(value) for name, value in self._environment.items()}
        return {**self._host.machine, **own, **self._added, **job}

    def _use(self, action: str, given: dict[str, Any], contexts: dict[str, Any]) -> None:
        if action.startswith("./"):
            document = _load(self._workspace / action / "action.yml")
            assert document["runs"]["using"] == "composite"
            declared = document["inputs"]
            assert set(given) <= set(declared), f"{action} does not take {set(given) - set(declared)}"
            missing = {name for name, about in declared.items() if about.get("required") and not given.get(name)}
            assert not missing, f"{action} needs {missing}"
            inputs = {name: given.get(name, about.get("default", "")) for name, about in declared.items()}
            for step in document["runs"]["steps"]:
                self._step(step, {"inputs": inputs, "steps": {}, "github": contexts["github"]})
            return
        name, _, commit = action.partition("@")
        assert re.fullmatch("[0-9a-f]{40}", commit), f"{action} is not pinned"
        getattr(self, "_use_" + name.replace("/", "_").replace("-", "_"))(given)

    def _use_actions_checkout(self, given: dict[str, Any]) -> None:
        assert given["persist-credentials"] is False
        commit = self._contexts["github"]["sha"]
        self._host.repository.check_out(commit, int(given.get("fetch-depth", 1)), self._workspace)

    def _use_actions_setup_python(self, given: dict[str, Any]) -> None:
        assert given["python-version"]

    def _use_pulumi_actions(self, given: dict[str, Any]) -> None:
        assert set(given) == {"pulumi-version-file"}, "with a command it would run it"
        wanted = (self._workspace / given["pulumi-version-file"]).read_text().strip()
        found = subprocess.run(["pulumi", "version"], env=self._machine(), capture_output=True, text=True, check=True)
        assert found.stdout.strip().removeprefix("v") == wanted

    def _use_azure_login(self, given: dict[str, Any]) -> None:
        assert self._job["permissions"].get("id-token") == "write", "there is no identity token"
        assert given["tenant-id"] == self._environment["ARM_TENANT_ID"]
        assert given["client-id"] == self._environment["ARM_CLIENT_ID"], "two identities in one job"
        sign_in = self._host.sign_ins[given["client-id"]]
        if self._subject not in sign_in.subjects:
            raise StepFailedError(f"AADSTS700213: No matching federated identity record found for '{self._subject}'.")
        self._added |= sign_in.environment

    def _use_pulumi_auth_actions(self, given: dict[str, Any]) -> None:
        assert self._job["permissions"].get("id-token") == "write", "there is no identity token"
        assert given["requested-token-type"] == "urn:pulumi:token-type:access_token:organization"
        if not given["organization"]:
            raise StepFailedError("Input required and not supplied: organization")
        self._host.cloud_sign_ins.append(given["organization"])
        self._added["PULUMI_ACCESS_TOKEN"] = f"pul-of-{given['organization']}"

    def _use_actions_upload_artifact(self, given: dict[str, Any]) -> None:
        source = self._workspace / given["path"]
        if not source.exists():
            raise StepFailedError(f"No files were found with the provided path: {given['path']}")
        kept = self._host.folder / "artifacts" / uuid.uuid4().hex
        kept.mkdir(parents=True)
        shutil.copy(source, kept / source.name)
        self._host.artifacts[given["name"]] = kept

    def _use_actions_download_artifact(self, given: dict[str, Any]) -> None:
        if given["name"] not in self._host.artifacts:
            raise StepFailedError(f"Artifact not found for name: {given['name']}")
        shutil.copytree(self._host.artifacts[given["name"]], self._workspace / given["path"], dirs_exist_ok=True)

    def _filled(self, value: dict[str, Any]) -> dict[str, Any]:
        return _expressions(self._contexts).fill(value)


class StepFailedError(Exception):
    """A step ended with an error: the job goes on with the steps that ask for that."""


def _expressions(contexts: dict[str, Any], fine: bool = True) -> Expressions:
    functions = {
        "success": lambda: fine,
        "failure": lambda: not fine,
        "cancelled": lambda: False,
        "always": lambda: True,
    }
    return Expressions(contexts, functions)


def _subject(github: dict[str, Any], environment: str) -> str:
    """The end of the subject of a job's identity token."""
    if environment:
        return f"environment:{environment}"
    return "pull_request" if github["event_name"] == "pull_request" else f"ref:{github['ref']}"


def _load(file: Path) -> dict[str, Any]:
    return yaml.safe_load(file.read_text())


def _listed(value: str | list[str] | None) -> list[str]:
    return [value] if isinstance(value, str) else value or []


def _variable(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _paths(files: dict[str, Path]) -> dict[str, str]:
    return {name: os.fspath(file) for name, file in files.items()}
