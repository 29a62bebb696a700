"""The environment of a pipeline's job: a token of its subject in the place of every client secret."""

from typing import Any

from . import azure_control
from .home import Home, SandboxError

_SECRETS = ("ARM_CLIENT_SECRET", "AZURE_CLIENT_SECRET")


def job_environment(home: Home, variables: dict[str, str], subject: str, client_id: str) -> dict[str, str]:
    """The variables of a job that signs in as a client; secrets are empty.

    Args:
        home: the sandbox.
        variables: those of a seeded identity, whose access to the cluster the job has.
        subject: what its tokens say, without the leading `repo:`.
        client_id: of the application that takes them.

    Raises:
        SandboxError: there are no such jobs, or the emulated Azure does not answer.
    """
    started = azure_control.start_job(home, _job(subject.removeprefix("repo:")))
    own = {"ARM_CLIENT_ID": client_id, "AZURE_CLIENT_ID": client_id, "ARM_USE_OIDC": "true"}
    return {**variables, **dict.fromkeys(_SECRETS, ""), **own, **started}


def _job(subject: str) -> dict[str, Any]:
    repository, _, rest = subject.partition(":")
    kind, _, value = rest.partition(":")
    match kind:
        case "environment" if value:
            return {"repository": repository, "environment": value}
        case "pull_request" if not value:
            return {"repository": repository, "event": "pull_request"}
        case "ref" if value:
            return {"repository": repository, "ref": value}
        case _:
            raise SandboxError(
                f"there is no job with the subject '{subject}': expected <owner>/<repository>:environment:<name>, "
                "<owner>/<repository>:pull_request or <owner>/<repository>:ref:<ref>"
            )
