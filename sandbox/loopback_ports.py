"""Loopback ports that stay free until a server takes them."""

import contextlib
import os
import random
import re
import socket
from collections.abc import Collection

RANGE = "SANDBOX_PORTS"
"""Environment variable, `<first>-<last>`: which ports are given. Two who look at the same time take the same one, so
sandboxes that are started side by side have ranges of their own."""

# Below those of outgoing connections, on Linux and elsewhere: the kernel gives none of them away meanwhile.
PORTS = range(20_000, 32_768)


def free_ports(number: int, besides: Collection[int] = ()) -> list[int]:
    """Different ports that nothing listens on.

    Args:
        number: how many.
        besides: ports that are somebody's already, whether or not somebody listens there.

    Raises:
        OSError: so many are not free, or the range is none.
    """
    ports = _range()
    found: list[int] = []
    for port in random.sample(ports, len(ports)):
        if len(found) == number:
            break
        if port not in besides:
            with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
                found.append(port)
    if len(found) < number:
        raise OSError(f"no {number} ports of {ports.start} to {ports.stop - 1} are free")
    return found


def free_port() -> int:
    """One of them."""
    return free_ports(1)[0]


def _range() -> range:
    if not (given := os.environ.get(RANGE)):
        return PORTS
    if not (match := re.fullmatch(r"(\d+)-(\d+)", given)):
        raise OSError(f"{RANGE} is {given!r}: expected <first>-<last>")
    return range(int(match[1]), int(match[2]) + 1)
