"""An adoption in words."""

import re

from ..cluster.updates import Change, Losses, TakenAway
from ..engine.steps import Step
from ..report.markdown import shown
from ..report.property_path import value_at
from ..report.values import is_client_secret
from .run import Adoption

# Why the program sets a property, by what its path contains.
_REASONS = {
    "preventDuplicateNames": "a setting of the provider, nothing in Entra",
    "useExisting": "a setting of the provider, nothing in Entra",
    "displayName": "applications are named after instance and gateway",
    "owners": "the configuration names the owners",
    "assignableScopes": "the roles can be assigned in the whole of the configured scopes",
    "description": "the article's own words",
}
# In the cluster more is configured: the path has to be that of what the program sets by itself.
_REASONS_IN_THE_CLUSTER = {
    r"spec\.template\.metadata\.annotations(.*self-hosted-gateway/.*)?": "pods are rolled when their settings change",
    r".*\.image": "the configured image",
    r".*\.lifecycle(\..*)?": "a pod that ends waits for the load balancer to notice; those there are do not, and may refuse "
    "connections",
    r".*metadata\.labels(\.app)?": "the program's objects carry the label `app`",
    r"spec\.selector(\.matchLabels)?(\.app)?": "the program's pods carry the label `app`",
}


_CLIENT_SECRET = "a client secret can't be read back: a new one is made"  # noqa: S105 - a reason


def describe(adoption: Adoption, file: str) -> str:
    """For a person who takes a deployment over."""
    found = adoption.found
    lines = [f"Stack {adoption.stack}:"]
    lines += _careful(adoption)
    lines += [f"- found     {name}: {id_}" for name, id_ in found.ids.items()]
    lines += [f"- to create {name}: {reason}" for name, reason in found.absent.items()]
    for step in adoption.changes:
        lines += _changed_object(step, adoption.losses) if step.type.startswith("kubernetes:") else [_changed(step)]
    if found.first:
        lines += ["", "First:", *(f"- {step}" for step in found.first)]
    if found.later:
        lines += ["", "After the next update:", *(f"- {step}" for step in found.later)]
    lines.append("")
    if found.ids:
        lines += [
            f"{file} is written. Nothing has been taken over yet; next:",
            f"  pulumi import --file {file} --stack {adoption.stack} --protect=false --generate-code=false",
            f"  .venv/bin/python -m ops adopt --stack {adoption.stack}    # what an update changes, and why",
            f"  pulumi up --stack {adoption.stack}",
        ]
    else:
        lines.append("There is nothing to take over that the stack does not have.")
    return "\n".join(lines)


def _careful(adoption: Adoption) -> list[str]:
    """What an import of a client secret means, before anything else."""
    lines: list[str] = []
    if found := adoption.found.in_clear:
        lines.append(f"Careful: the import takes a client secret into the state in clear, of {', '.join(found)}.")
    if adoption.in_clear:
        lines.append(f"Careful: the state has a client secret in clear, of {', '.join(adoption.in_clear)}.")
    if lines:
        lines += [
            "The next update takes it out of the state; the backend's history and backups keep it. Run that update soon, and",
            "remove that secret from Entra at once after it, as said below. Until then `pulumi preview --diff` prints it.",
            "",
        ]
    return lines


def _changed(step: Step) -> str:
    """The properties that change, by the reason for it."""
    by_reason: dict[str, list[str]] = {}
    for path in step.properties:
        by_reason.setdefault(_reason(step, path), []).append(path)
    reasons = "; ".join(f"{', '.join(paths)} ({reason})" for reason, paths in by_reason.items())
    return f"- to change {step.name}: {reasons or step.operation}"


def _reason(step: Step, path: str) -> str:
    if is_client_secret(path):
        return _CLIENT_SECRET
    if step.kinds.get(path) == "delete":
        return "the program does not declare it"
    return next((reason for part, reason in _REASONS.items() if part in path), "as configured")


def _changed_object(step: Step, losses: Losses) -> list[str]:
    """What happens to a Kubernetes object: what it gets, and what it loses.

    What an import found, and nobody declares, the engine takes for removed. Most of it comes back, as the API server's
    defaults do, or stays, because somebody else owns it.
    """
    lines = [f"- to change {step.name}:"]
    by_reason: dict[str, list[str]] = {}
    for path in step.properties:
        if step.kinds.get(path) != "delete":
            by_reason.setdefault(_reason_in_the_cluster(step, path), []).append(path)
    lines += [f"    sets {', '.join(paths)} ({reason})" for reason, paths in by_reason.items()]
    lines += [f"    {_lost(field)}" for field in losses.fields if field.resource == step.name]
    if step.name in losses.unknown:
        lines.append(f"    It is not known what the update takes away from it. {losses.unknown[step.name]}")
    return lines if lines[1:] else [f"{lines[0]} nothing, the update only makes its fields the program's"]


def _reason_in_the_cluster(step: Step, path: str) -> str:
    if is_client_secret(path):
        return _CLIENT_SECRET
    if path.endswith(".env") and "secretKeyRef" in str(value_at(step.new, path)):
        return "the container takes the client secret from the Secret"
    reasons = (reason for places, reason in _REASONS_IN_THE_CLUSTER.items() if re.fullmatch(places, path))
    return next(reasons, "as configured")


def _lost(field: TakenAway) -> str:
    if field.change is Change.REMOVED:
        is_secret = field.kind == "ConfigMap" and is_client_secret(field.path)
        reason = (
            "the secret is a Kubernetes Secret's, not the ConfigMap's"
            if is_secret
            else "the program does not declare it"
        )
        line = f"removes {field.path} ({reason})"
    elif field.change is Change.CHANGED_BACK:
        there, becomes = shown(field.there, field.becomes), shown(field.becomes, field.there)
        line = f"changes back {field.path} from {there} to {becomes} (as configured)"
    else:
        line = f"puts back {field.path} (as configured)"
    return f"{line}: {field.danger}" if field.danger else line
