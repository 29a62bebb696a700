"""Runs the steps of Azure's pipelines in the order in which their host would; what it does not know is an error.

The tasks are played: AzureCLI@2 signs in with its service connection, here by the sandbox's sign-in of that name.
"""

import re
import shutil
import subprocess
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .azure_conditions import Conditions
from .azure_files import expanded
from .working_copy import Repository

_COMMAND = re.compile(r"##vso\[([\w.]+)((?: [^\]]*)?)\](.*)")
_STEP_KEYS = {
    "checkout", "fetchDepth", "persistCredentials", "bash", "task", "inputs", "env", "displayName", "name", "condition",
    "publish", "download", "artifact",
}  # fmt: skip

# What Azure says of a run: of one on main, and of one for a pull request of the repository's own.
MAIN = {"Build.SourceBranch": "refs/heads/main"}
PULL_REQUEST = {
    "Build.SourceBranch": "refs/pull/7/merge",
    "System.PullRequest.IsFork": "False",
    "System.PullRequest.SourceBranch": "refs/heads/change",
}


@dataclass
class AzureJob:
    """A job that has ended."""

    name: str
    environment: str | None = None
    result: str = "Succeeded"
    """`Succeeded`, `SucceededWithIssues` or `Failed`."""
    log: str = ""
    summary: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    """By what a condition calls them after the stage's name."""


@dataclass
class AzurePipelines:
    """What Azure Pipelines knows of the repository, and where its jobs run."""

    repository: Repository
    machine: dict[str, str]
    """The agent's environment, the variable group's variables included, before anybody has signed in."""
    connections: dict[str, dict[str, str]]
    """What the script of a task gets, by the name of its service connection."""
    folder: Path
    artifacts: dict[str, Path] = field(default_factory=dict)

    def run(self, pipeline: str, commit: str, variables: Mapping[str, str] = MAIN) -> list[AzureJob]:
        """Run the jobs whose conditions hold, one after the other.

        Args:
            pipeline: name of its file.
            commit: what is checked out.
            variables: what Azure says of the run: branch, pull request.
        """
        document = expanded(self.repository.folder / "azure-pipelines" / pipeline)
        ended: list[AzureJob] = []
        results: dict[str, str] = {}
        outputs: dict[str, str] = {}
        before: list[str] = []
        for stage in document.get("stages") or [{"stage": "", "jobs": document["jobs"]}]:
            conditions = Conditions(variables, outputs, _succeeded(stage.get("dependsOn", before), results))
            begins = conditions.holds(stage.get("condition", "succeeded()"))
            jobs = self._stage(stage, conditions, commit) if begins else []
            for job in jobs:
                outputs |= {f"stageDependencies.{stage['stage']}.{key}": value for key, value in job.outputs.items()}
            fine = begins and all(job.result != "Failed" for job in jobs)
            results[stage["stage"]] = "Succeeded" if fine else "Failed"
            before = [stage["stage"]]
            ended += jobs
        return ended

    def _stage(self, stage: dict[str, Any], before: Conditions, commit: str) -> list[AzureJob]:
        ended: list[AzureJob] = []
        results: dict[str, str] = {}
        outputs = dict(before.outputs)
        for job in stage["jobs"]:
            name = job.get("job") or job["deployment"]
            conditions = Conditions(before.variables, outputs, _succeeded(job.get("dependsOn", []), results))
            if not conditions.holds(job.get("condition", "succeeded()")):
                results[name] = "Skipped"
                continue
            run = AzureJob(stage["stage"] or name, job.get("environment"))
            ended.append(_JobRun(self, job, run, outputs, commit).run())
            results[name] = run.result
            outputs |= {f"dependencies.{name}.{key}": value for key, value in run.outputs.items()}
            run.outputs = {f"{name}.{key}": value for key, value in run.outputs.items()}
        return ended


def _succeeded(needed: str | list[str], results: Mapping[str, str]) -> bool:
    names = [needed] if isinstance(needed, str) else needed
    return all(results[name] in ("Succeeded", "SucceededWithIssues") for name in names)


class _JobRun:
    def __init__(
        self, host: AzurePipelines, job: dict[str, Any], ended: AzureJob, outputs: dict[str, str], commit: str
    ) -> None:
        self._host = host
        self._ended = ended
        self._commit = commit
        self._steps = job.get("steps") or job["strategy"]["runOnce"]["deploy"]["steps"]
        self._workspace = host.folder / uuid.uuid4().hex[:8]
        self._workspace.mkdir()
        self._machine = {**host.machine, "AGENT_TEMPDIRECTORY": str(host.folder), "SYSTEM_JOBATTEMPT": "1"}
        self._macros = {"System.JobAttempt": "1"}
        for name, expression in job.get("variables", {}).items():
            self._macros[name] = outputs[expression.removeprefix("$[").removesuffix("]").strip()]

    def run(self) -> AzureJob:
        for step in self._steps:
            assert set(step) <= _STEP_KEYS, f"{set(step) - _STEP_KEYS} not known here"
            assert step.get("condition", "succeededOrFailed()") == "succeededOrFailed()"
            if self._ended.result != "Failed" or "condition" in step:
                self._step({key: self._with_macros(value) for key, value in step.items()})
        return self._ended

    def _step(self, step: dict[str, Any]) -> None:
        if "checkout" in step:
            assert step["persistCredentials"] == "false"
            depth = int(step.get("fetchDepth", 1))
            self._host.repository.check_out(self._commit, depth, self._workspace)
        elif "bash" in step:
            self._script(step, step["bash"], {})
        elif "publish" in step:
            kept = self._host.folder / f"artifact-{uuid.uuid4().hex}"
            kept.mkdir()
            shutil.copy(self._workspace / step["publish"], kept)
            self._host.artifacts[step["artifact"]] = kept
        elif "task" in step:
            self._task(step, step["inputs"])
        else:
            assert step == {"download": "none"}, f"{step} is not known here"

    def _task(self, step: dict[str, Any], inputs: dict[str, str]) -> None:
        match step["task"]:
            case "UsePythonVersion@0":
                assert inputs["versionSpec"]
            case "DownloadPipelineArtifact@2":
                target = self._workspace / inputs["targetPath"]
                shutil.copytree(self._host.artifacts[inputs["artifactName"]], target, dirs_exist_ok=True)
            case "AzureCLI@2":
                assert (inputs["scriptType"], inputs["scriptLocation"]) == ("bash", "inlineScript")
                assert inputs["addSpnToEnvironment"] == "true"
                signed_in = self._host.connections[inputs["azureSubscription"]]
                self._script(step, inputs["inlineScript"], {**signed_in, **step["env"]})
            case other:
                raise AssertionError(f"{other} is not known here")

    def _script(self, step: dict[str, Any], script: str, environment: dict[str, str]) -> None:
        file = self._workspace.with_suffix(".sh")
        file.write_text(script)
        finished = subprocess.run(
            ["bash", "--noprofile", "--norc", str(file)],
            cwd=self._workspace,
            env={**self._machine, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=280,
        )
        self._ended.log += finished.stdout
        for command, properties, value in _COMMAND.findall(finished.stdout):
            self._command(step.get("name", ""), command, properties.strip(), value)
        if finished.returncode:
            self._ended.result = "Failed"

    def _command(self, name: str, command: str, properties: str, value: str) -> None:
        match command:
            case "task.setvariable":
                (variable,) = re.findall(r"variable=(\w+)", properties)
                assert "isOutput=true" in properties
                self._ended.outputs[f"outputs['{name}.{variable}']"] = value
            case "task.uploadsummary":
                # Of a file that is not there, the host only warns.
                self._ended.summary += Path(value).read_text() if Path(value).exists() else ""
            case "task.complete":
                assert properties == "result=SucceededWithIssues;"
                self._ended.result = "SucceededWithIssues"
            case other:
                assert other == "task.logissue", f"{other} is not known here"

    def _with_macros(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._with_macros(item) for key, item in value.items()}
        if not isinstance(value, str):
            return value
        # A macro of a variable that is not there stays as it is, as Azure does it.
        return re.sub(r"\$\(([\w.]+)\)", lambda macro: self._macros.get(macro[1], macro[0]), value)
