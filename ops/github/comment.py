"""One comment per stack on a pull request."""

from .api import Repository
from .mark import is_ours, mark, origin


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
