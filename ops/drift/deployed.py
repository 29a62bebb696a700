"""What of a stack is deployed, and since when: only against that can reality drift."""

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from ..engine.history import Entry, history
from ..errors import OpsError
from .report import Deployed

_ROOT = "pulumi:pulumi:Stack"
# The history has whole seconds, by the clock of the service where there is one; the state has its times from elsewhere.
_CLOCKS = timedelta(seconds=30)
_PROGRAM = ("Pulumi.yaml", "__main__.py", "components", "requirements.txt")


@dataclass(frozen=True)
class LastDeployment:
    """The last update that succeeded, and what is known since."""

    update: Entry | None
    """None where the history does not reach so far back."""
    of_a_part: bool = False
    """Whether another update of a part of the stack came after it."""
    refreshed: tuple[Entry, ...] = ()
    """What has taken reality into the state since."""

    @property
    def deployed(self) -> Deployed | None:
        """When and from where, for a report."""
        if self.update is None:
            return None
        return Deployed(self.update.end or self.update.start, self.update.commit, self.update.dirty, self.of_a_part)

    def has_declared(self, resource: dict[str, Any]) -> bool:
        """Whether the state has a resource as the update declared it: a refresh writes what it finds in its place.

        Args:
            resource: the resource as the state has it.
        """
        return not any(_within(moment, self.refreshed) for moment in _moments(resource))


def last_deployment(stack: str, resources: list[dict[str, Any]]) -> LastDeployment:
    """The last deployment of a stack.

    Args:
        stack: name of the stack.
        resources: the stack's, as its state has them.

    Raises:
        OpsError: nothing is deployed, or the last update failed or was killed half-way.
    """
    later: list[Entry] = []
    of_a_part = False
    for entry in history(stack):
        if entry.kind not in ("update", "destroy"):
            later.append(entry)
            continue
        _check_ended(stack, entry)
        if entry.of_a_part:
            of_a_part = True
            later.append(entry)
            continue
        if entry.kind == "destroy":
            raise OpsError(
                f"Stack {stack} was destroyed on {_day(entry)}, so nothing of it can drift. To deploy it again, run "
                f"`pulumi up --stack {stack}`. If it is to stay away, leave it out of the drift checks."
            )
        _check_killed(stack, resources, [*later, entry])
        refreshed = tuple(other for other in later if other.kind not in ("update", "rename"))
        return LastDeployment(entry, of_a_part, refreshed)
    if not any(resource.get("outputs") for resource in resources if resource["type"] == _ROOT):
        # Only an update that came to its end, whoever has its history now, has left the program's outputs.
        raise OpsError(_never(stack, resources, later))
    return LastDeployment(None)


def program_is_same(last: LastDeployment) -> bool:
    """Whether the program is the one that deployed the whole stack last, as far as is known.

    Where git can't tell, because there is no repository or not that commit in it, it counts as the same.
    """
    update = last.update
    return update is not None and not last.of_a_part and not (update.commit and _differs(update.commit))


def deployed_file(stack: str, update: Entry) -> dict[str, Any] | None:
    """The stack's file with the configuration that an update used.

    Returns:
        The file's content; None where that can't be put together again: the history shows no secrets.

    Raises:
        OpsError: the file can't be read.
    """
    file = Path(f"Pulumi.{stack.rsplit('/', 1)[-1]}.yaml")
    try:
        now: dict[str, Any] = yaml.safe_load(file.read_text()) or {}
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise OpsError(f"{file} can't be read: {error}") from None
    config: dict[str, Any] = {}
    for key, entry in update.config.items():
        if entry.get("secret"):
            if key not in (now.get("config") or {}):
                return None
            config[key] = now["config"][key]
        else:
            config[key] = entry.get("objectValue", entry.get("value"))
    return {**now, "config": config}


def _check_ended(stack: str, entry: Entry) -> None:
    if entry.result == "succeeded":
        return
    if entry.result != "failed":
        raise OpsError(
            f"Stack {stack} is being updated since {entry.start:%Y-%m-%d %H:%M} UTC, or that update was interrupted: wait "
            f"until it has ended, or see `.venv/bin/python -m ops recover --stack {stack}`."
        )
    what = "update" if entry.kind == "update" else "destruction"
    again = "up" if entry.kind == "update" else "destroy"
    raise OpsError(
        f"The last {what} of stack {stack} failed, on {_day(entry)}{_from(entry)}, and may have done half of its work. "
        f"Mend the cause, run `pulumi {again} --stack {stack}` until it succeeds, then check again. "
        f"`.venv/bin/python -m ops recover --stack {stack}` finds what it left behind."
    )


def _check_killed(stack: str, resources: list[dict[str, Any]], entries: list[Entry]) -> None:
    """What the state got outside of everything that ended, something has written that did not end.

    Raises:
        OpsError: there is such a thing.
    """
    ended = entries[-1].end or entries[-1].start
    moments = [moment for resource in resources for moment in _moments(resource) if moment > ended + _CLOCKS]
    odd = [moment for moment in moments if not _within(moment, entries)]
    if odd:
        raise OpsError(
            f"An update of stack {stack} was interrupted on {max(odd):%Y-%m-%d %H:%M} UTC, and may have done half of its "
            f"work. See `.venv/bin/python -m ops recover --stack {stack}`, run `pulumi up --stack {stack}`, then check again."
        )


def _never(stack: str, resources: list[dict[str, Any]], entries: list[Entry]) -> str:
    deploy = f"Run `pulumi up --stack {stack}`, then check again."
    if any(entry.kind == "resource-import" for entry in entries):
        return (
            f"Stack {stack} has taken over what was there, and was never updated, so nothing of it can drift. {deploy}"
        )
    if resources:
        return (
            f"The first update of stack {stack} was interrupted, and may have done half of its work. See "
            f"`.venv/bin/python -m ops recover --stack {stack}`. {deploy}"
        )
    return f"Stack {stack} was never deployed, so nothing of it can drift. {deploy}"


def _moments(resource: dict[str, Any]) -> list[datetime]:
    """When a resource came into the state, and when it was last written there."""
    return [datetime.fromisoformat(resource[key]) for key in ("created", "modified") if resource.get(key)]


def _within(moment: datetime, entries: Iterable[Entry]) -> bool:
    return any(entry.start - _CLOCKS <= moment <= (entry.end or entry.start) + _CLOCKS for entry in entries)


def _differs(commit: str) -> bool:
    """Whether the program differs from a commit's; not where git can't tell."""
    try:
        finished = subprocess.run(["git", "diff", "--quiet", commit, "--", *_PROGRAM], capture_output=True)
    except OSError:
        return False
    return finished.returncode == 1


def _day(entry: Entry) -> str:
    return f"{entry.end or entry.start:%Y-%m-%d %H:%M} UTC"


def _from(entry: Entry) -> str:
    return f" (commit {entry.commit[:7]})" if entry.commit else ""
