"""Loopback ports that stay free until a server takes them."""

import contextlib
import random
import socket

# Below those of outgoing connections, on Linux and elsewhere: the kernel gives none of them away meanwhile.
_PORTS = range(20_000, 32_768)


def free_ports(number: int) -> list[int]:
    """Different ports that nothing listens on.

    Raises:
        OSError: so many are not free.
    """
    found: list[int] = []
    for port in random.sample(_PORTS, len(_PORTS)):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            found.append(port)
        if len(found) == number:
            return found
    raise OSError(f"no {number} ports of {_PORTS.start} to {_PORTS.stop - 1} are free")


def free_port() -> int:
    """One of them."""
    return free_ports(1)[0]
