"""GitHub's REST API, as far as comments and issues go."""

import os
import re
from collections.abc import Iterator
from typing import Any

import requests

from ..errors import OpsError

_VERSION = "2022-11-28"
_TIMEOUT = 30


class Repository:
    """The repository that a pipeline runs for, by the variables that GitHub sets."""

    def __init__(self) -> None:
        name, token = os.environ.get("GITHUB_REPOSITORY", ""), os.environ.get("GITHUB_TOKEN", "")
        if not name or not token:
            raise OpsError("GITHUB_REPOSITORY (owner/name) and GITHUB_TOKEN have to be set.")
        api = os.environ.get("GITHUB_API_URL") or "https://api.github.com"
        self._url = f"{api}/repos/{name}"
        self._headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {token}",
            "X-GitHub-Api-Version": _VERSION,
        }

    def list(self, path: str, **query: str) -> Iterator[dict[str, Any]]:
        """A collection, page by page.

        Raises:
            OpsError: it is refused, or nobody answers.
        """
        answer = self._send("GET", f"{self._url}{path}", params={**query, "per_page": "100"})
        while True:
            yield from answer.json()
            following = re.search(r'<([^>]+)>; rel="next"', answer.headers.get("Link", ""))
            if following is None:
                return
            answer = self._send("GET", following[1])

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Make an object.

        Raises:
            OpsError: it is refused, or nobody answers.
        """
        return self._send("POST", f"{self._url}{path}", json=body).json()

    def patch(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Change an object.

        Raises:
            OpsError: it is refused, or nobody answers.
        """
        return self._send("PATCH", f"{self._url}{path}", json=body).json()

    def _send(self, method: str, address: str, **content: Any) -> requests.Response:
        try:
            answer = requests.request(method, address, headers=self._headers, timeout=_TIMEOUT, **content)
        except requests.RequestException as error:
            raise OpsError(f"GitHub does not answer at {address}: {type(error).__name__}") from None
        if answer.status_code >= 400:
            hint = " Does the job have the permission?" if answer.status_code == 403 else ""
            raise OpsError(f"GitHub refuses {method} {address}: {answer.status_code} {_reason(answer)}.{hint}")
        return answer


def _reason(answer: requests.Response) -> str:
    try:
        return str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        return answer.reason
