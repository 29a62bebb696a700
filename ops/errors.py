"""What a person who runs a command has to know: what is wrong, where, what to do."""


class OpsError(Exception):
    """The command can't do its work; its message says why."""


class ForbiddenError(OpsError):
    """A read is refused, so that nothing is known."""


class SignInError(OpsError):
    """Entra gives no token; the message begins with its code."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code
