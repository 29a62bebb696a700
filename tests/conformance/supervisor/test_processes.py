"""Processes of a sandbox's parts."""

import socket
import sys
import time
from pathlib import Path

import psutil

from sandbox.loopback_ports import free_port
from sandbox.supervisor import processes
from sandbox.supervisor.home import Home

_TAKES_A_PORT = "import socket, sys; server = socket.create_server(('127.0.0.1', int(sys.argv[1])))"
# Its first thread ends, as one of a process that was killed, and the last one a second later.
_ENDS_SLOWLY = f"""{_TAKES_A_PORT}
import ctypes, threading, time
threading.Thread(target=time.sleep, args=(1,)).start()
ctypes.CDLL(None).pthread_exit(None)
"""
_ANSWERS = f"{_TAKES_A_PORT}\nserver.accept()"


def test_a_part_is_started_again_when_the_last_thread_of_the_one_before_has_let_go_of_its_port(tmp_path: Path) -> None:
    home, port = Home(tmp_path), free_port()
    home.pid("part").parent.mkdir(parents=True)
    home.log("part").parent.mkdir(parents=True)

    processes.start(home, "part", [sys.executable, "-c", _ENDS_SLOWLY, str(port)])
    while processes.running(home, "part") is not None:
        time.sleep(0.01)
    with socket.socket() as client:
        assert client.connect_ex(("127.0.0.1", port)) == 0

    processes.start(home, "part", [sys.executable, "-c", _ANSWERS, str(port)])
    again = processes.running(home, "part")
    assert again is not None
    while not any(connection.laddr.port == port for connection in again.net_connections()):
        assert again.status() != psutil.STATUS_ZOMBIE, home.log("part").read_text()
        time.sleep(0.01)
    assert processes.stop(home, "part", patience=10)
