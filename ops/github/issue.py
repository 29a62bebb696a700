"""One issue per stack and subject that is open while something is wrong, and closed after."""

from ..report.markdown import LONGEST, cut
from .api import Repository
from .mark import is_ours, mark, origin


def keep_issue(repository: Repository, subject: str, stack: str, title: str, text: str | None) -> str | None:
    """Open, update or close the issue.

    Args:
        repository: where it is.
        subject: what it is about, as one word.
        stack: name of the stack.
        title: its title.
        text: what is wrong; None where nothing is.

    Returns:
        What was done, in words; None where there was nothing to do.

    Raises:
        OpsError: GitHub refuses.
    """
    marked = mark(subject, stack)
    # Not by a label: one that somebody takes away would make a second issue.
    listed = repository.list("/issues", state="open")
    kept = next((issue for issue in listed if "pull_request" not in issue and is_ours(issue, marked)), None)
    if text is None:
        if kept is None:
            return None
        number = kept["number"]
        repository.post(f"/issues/{number}/comments", {"body": f"It is over.{origin()}"})
        repository.patch(f"/issues/{number}", {"state": "closed", "state_reason": "completed"})
        return f"Closed {kept['html_url']}."
    body = f"{marked}\n{cut(text, LONGEST - 1_000)}{origin()}"
    if kept is None:
        opened = repository.post("/issues", {"title": title, "body": body})
        return f"Opened {opened['html_url']}."
    repository.patch(f"/issues/{kept['number']}", {"title": title, "body": body})
    return f"Updated {kept['html_url']}."
