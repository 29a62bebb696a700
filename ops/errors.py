"""What a person who runs a command has to know: what is wrong, where, what to do."""


class OpsError(Exception):
    """The command can't do its work; its message says why."""
