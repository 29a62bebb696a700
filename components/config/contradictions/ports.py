"""Two ports of one Service that are the same."""

from components.config.well_formed import WellFormed


def same_port(settings: WellFormed, number: int | None, *place: str | int, names: tuple[str, str]) -> str:
    """What is wrong with two settings that have the same port.

    Args:
        settings: tell which of them is a default.
        number: the port.
        place: where both are.
        names: what they are called there.
    """
    ports = " and ".join(f"`{name}`{settings.origin(*place, name)}" for name in names)
    return f"{ports} are both {number}: a Service has each port once"
