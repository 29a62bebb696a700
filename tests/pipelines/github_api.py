"""A stand-in for GitHub's REST API: comments and issues of one repository, with a job's token and its permissions."""

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

BOT = {"login": "github-actions[bot]", "type": "Bot"}
_LONGEST = 65_536


class RefusedError(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass
class GitHubApi:
    """The repository, and the server in front of it."""

    repository: str
    issues: dict[int, dict[str, Any]] = field(default_factory=dict)
    """Issues and pull requests, by number."""
    comments: dict[int, dict[str, Any]] = field(default_factory=dict)
    """Comments by id; each names its issue."""
    tokens: dict[str, dict[str, str]] = field(default_factory=dict)
    """Permissions by token."""
    requests: list[str] = field(default_factory=list)
    page_size: int = 100

    def start(self) -> "GitHubApi":
        api = self

        class Handler(BaseHTTPRequestHandler):
            def handle_request(self) -> None:
                api._handle(self)

            do_GET = do_POST = do_PATCH = handle_request  # noqa: N815

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def pull_request(self, number: int) -> None:
        """Somebody opens a pull request."""
        self.issues[number] = {"number": number, "title": "", "body": "", "state": "open"}
        self.issues[number] |= {"pull_request": {}, "user": {"login": "contoso", "type": "User"}}

    def comment(self, number: int, body: str, user: dict[str, str]) -> dict[str, Any]:
        """Somebody comments."""
        id_ = 1000 + len(self.comments)
        url = f"https://github.com/{self.repository}/issues/{number}#issuecomment-{id_}"
        self.comments[id_] = {"id": id_, "issue": number, "body": body, "user": user, "html_url": url}
        return self.comments[id_]

    def comments_of(self, number: int) -> list[str]:
        """The texts of an issue's comments, in their order."""
        return [comment["body"] for comment in self.comments.values() if comment["issue"] == number]

    def _handle(self, request: BaseHTTPRequestHandler) -> None:
        length = int(request.headers.get("Content-Length") or 0)
        body = json.loads(request.rfile.read(length)) if length else {}
        self.requests.append(f"{request.command} {request.path}")
        headers: dict[str, str] = {}
        try:
            status, answer = self._answer(request, body, headers)
        except RefusedError as refused:
            status, answer = refused.status, {"message": str(refused)}
        content = json.dumps(answer).encode()
        request.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(content)), **headers}.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(content)

    def _answer(
        self, request: BaseHTTPRequestHandler, body: dict[str, Any], headers: dict[str, str]
    ) -> tuple[int, Any]:
        if not request.headers.get("User-Agent"):
            raise RefusedError(403, "Request forbidden by administrative rules")
        token = (request.headers.get("Authorization") or "").removeprefix("Bearer ")
        if token not in self.tokens:
            raise RefusedError(401, "Bad credentials")
        parts = urlsplit(request.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        routes: list[tuple[str, str, Callable[..., tuple[int, Any]]]] = [
            ("GET", r"/issues", self._list_issues),
            ("POST", r"/issues", self._open),
            ("PATCH", r"/issues/(\d+)", self._change),
            ("GET", r"/issues/(\d+)/comments", self._list_comments),
            ("POST", r"/issues/(\d+)/comments", self._comment),
            ("PATCH", r"/issues/comments/(\d+)", self._change_comment),
        ]
        for method, path, handle in routes:
            match = re.fullmatch(f"/repos/{re.escape(self.repository)}{path}", parts.path)
            if match and method == request.command:
                allowed = _Allowed(self.tokens[token])
                status, answer = handle(allowed, body, query, *(int(group) for group in match.groups()))
                if isinstance(answer, list):
                    answer = self._page(answer, query, parts.path, headers)
                return status, answer
        raise RefusedError(404, "Not Found")

    def _page(self, items: list[Any], query: dict[str, str], path: str, headers: dict[str, str]) -> list[Any]:
        size = min(int(query.get("per_page", 30)), self.page_size)
        page = int(query.get("page", 1))
        if len(items) > page * size:
            others = "".join(f"&{name}={value}" for name, value in query.items() if name != "page")
            headers["Link"] = f'<{self.url}{path}?page={page + 1}{others}>; rel="next"'
        return items[(page - 1) * size : page * size]

    def _list_issues(self, allowed: "_Allowed", body: Any, query: dict[str, str]) -> tuple[int, Any]:
        allowed.check("issues", "read")
        found = [issue for issue in self.issues.values() if issue["state"] == query.get("state", "open")]
        return 200, list(reversed(found))

    def _open(self, allowed: "_Allowed", body: dict[str, Any], query: Any) -> tuple[int, Any]:
        allowed.check("issues", "write")
        if not body.get("title"):
            raise RefusedError(422, "Validation Failed")
        number = max(self.issues, default=0) + 1
        url = f"https://github.com/{self.repository}/issues/{number}"
        issue = {"number": number, "title": body["title"], "body": _checked(body.get("body", "")), "state": "open"}
        self.issues[number] = {**issue, "user": BOT, "html_url": url}
        return 201, self.issues[number]

    def _change(self, allowed: "_Allowed", body: dict[str, Any], query: Any, number: int) -> tuple[int, Any]:
        allowed.check("issues", "write")
        if body.get("state") not in (None, "open", "closed"):
            raise RefusedError(422, "Validation Failed")
        _checked(body.get("body", ""))
        self._issue(number).update(body)
        return 200, self.issues[number]

    def _list_comments(self, allowed: "_Allowed", body: Any, query: Any, number: int) -> tuple[int, Any]:
        allowed.check(self._permission(number), "read")
        return 200, [comment for comment in self.comments.values() if comment["issue"] == number]

    def _comment(self, allowed: "_Allowed", body: dict[str, Any], query: Any, number: int) -> tuple[int, Any]:
        allowed.check(self._permission(number), "write")
        return 201, self.comment(number, _checked(body["body"]), BOT)

    def _change_comment(self, allowed: "_Allowed", body: dict[str, Any], query: Any, id_: int) -> tuple[int, Any]:
        if id_ not in self.comments:
            raise RefusedError(404, "Not Found")
        allowed.check(self._permission(self.comments[id_]["issue"]), "write")
        self.comments[id_]["body"] = _checked(body["body"])
        return 200, self.comments[id_]

    def _issue(self, number: int) -> dict[str, Any]:
        if number not in self.issues:
            raise RefusedError(404, "Not Found")
        return self.issues[number]

    def _permission(self, number: int) -> str:
        return "pull-requests" if "pull_request" in self._issue(number) else "issues"


@dataclass
class _Allowed:
    permissions: dict[str, str]

    def check(self, what: str, access: str) -> None:
        given = self.permissions.get(what)
        if given != "write" and (access == "write" or given != "read"):
            raise RefusedError(403, "Resource not accessible by integration")


def _checked(body: str) -> str:
    if len(body) > _LONGEST:
        raise RefusedError(422, "Validation Failed: body is too long (maximum is 65536 characters)")
    return body
