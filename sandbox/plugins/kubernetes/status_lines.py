"""What a wait shows beside its resource: each line once."""

from ..engine.provider import Request


class StatusLines:
    """The passing lines of one operation."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._said: set[tuple[str, str]] = set()

    def say(self, text: str) -> None:
        """How far it is."""
        if self._is_new("info", text):
            self._request.log(text)

    def warn(self, text: str) -> None:
        """What stands in the way."""
        if self._is_new("warning", text):
            self._request.log_warning(text)

    def _is_new(self, severity: str, text: str) -> bool:
        is_new = (severity, text) not in self._said
        self._said.add((severity, text))
        return is_new
