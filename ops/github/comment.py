"""One comment per stack on a pull request."""

from collections.abc import Collection

from .api import Repository
from .mark import is_ours, mark, origin, stack_of


def keep_comment(repository: Repository, pull_request: int, stack: str, text: str) -> str:
    """Post a preview, in the place of the last one of the stack.

    Returns:
        The comment's address.

    Raises:
        OpsError: GitHub refuses.
    """
    marked = mark("preview", stack)
    body = {"body": f"{marked}\n{text}{origin()}"}
    comments = f"/issues/{pull_request}/comments"
    kept = next((comment for comment in repository.list(comments) if is_ours(comment, marked)), None)
    if kept is None:
        return str(repository.post(comments, body)["html_url"])
    return str(repository.patch(f"/issues/comments/{kept['id']}", body)["html_url"])


def outdate_comments(repository: Repository, pull_request: int, affected: Collection[str]) -> list[str]:
    """Say in the previews of other stacks than those affected that they hold no longer; makes no comment.

    Returns:
        The names of those stacks.

    Raises:
        OpsError: GitHub refuses.
    """
    outdated: list[str] = []
    for comment in repository.list(f"/issues/{pull_request}/comments"):
        stack = stack_of(comment, "preview")
        if stack is None or stack in affected:
            continue
        text = f"### Preview of `{stack}`\n\nThe pull request as it is now can no longer affect this stack."
        repository.patch(f"/issues/comments/{comment['id']}", {"body": f"{mark('preview', stack)}\n{text}{origin()}"})
        outdated.append(stack)
    return outdated
