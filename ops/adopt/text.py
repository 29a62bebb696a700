"""An adoption in words."""

from ..engine.steps import Step
from ..report.values import is_client_secret
from .run import Adoption

# Why the program wants it otherwise, by a part of the property's path.
_REASONS = {
    "preventDuplicateNames": "a setting of the provider, nothing in Entra",
    "useExisting": "a setting of the provider, nothing in Entra",
    "displayName": "applications are named after instance and gateway",
    "owners": "the configuration names the owners",
    "clientSecret": "the secret is a Kubernetes Secret's, not the ConfigMap's",
    "annotations": "pods are rolled when their settings change",
    "assignableScopes": "the roles can be assigned in the whole of the configured scopes",
    "description": "the article's own words",
    "image": "the configured image",
    "lifecycle": "a pod that ends waits for the load balancer to notice; those there are do not, and may refuse connections",
    "labels": "the program's objects carry the label `app`",
    "env": "the container takes the client secret from the Secret",
}


def describe(adoption: Adoption, file: str) -> str:
    """For a person who takes a deployment over."""
    found = adoption.found
    lines = [f"Stack {adoption.stack}:"]
    lines += _careful(adoption)
    lines += [f"- found     {name}: {id_}" for name, id_ in found.ids.items()]
    lines += [f"- to create {name}: {reason}" for name, reason in found.absent.items()]
    lines += [f"- to change {step.name}: {_changed(step)}" for step in adoption.changes]
    if found.first:
        lines += ["", "First:", *(f"- {step}" for step in found.first)]
    if found.later:
        lines += ["", "After the next update:", *(f"- {step}" for step in found.later)]
    lines.append("")
    if found.ids:
        lines += [
            f"{file} is written. Nothing has been taken over yet; next:",
            f"  pulumi import --file {file} --stack {adoption.stack} --protect=false --generate-code=false",
            f"  python -m ops adopt --stack {adoption.stack}    # what an update changes, and why",
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
    return "; ".join(f"{', '.join(paths)} ({reason})" for reason, paths in by_reason.items()) or step.operation


def _reason(step: Step, path: str) -> str:
    if is_client_secret(path) and step.kinds.get(path) != "delete":
        return "a client secret can't be read back: a new one is made"
    for part, reason in _REASONS.items():
        if part in path:
            return reason
    if step.kinds.get(path) == "delete":
        return "the program leaves it to the cluster, which keeps what it has"
    return "as configured"
