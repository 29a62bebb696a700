"""A plugin's process: it tells the engine its port, and serves until the engine ends it, or is found gone.

As in the released plugins, the engine is asked every five minutes whether it is there, so a plugin outlives an engine that was
killed, and finishes first what it is doing if its provider does so.
"""

import os
import signal
import socket
import sys
from concurrent import futures

import grpc

from ...engine_protocol import provider_pb2_grpc
from ...waits import between_tries
from .provider import Provider
from .servicer import Servicer

# Property bags of the engine can be large; these are its own limits.
_OPTIONS = [("grpc.max_receive_message_length", 400 << 20), ("grpc.max_send_message_length", 400 << 20)]
_ENGINE_IS_LOOKED_FOR_EVERY_SECONDS = 300.0
_WORK_IS_LOOKED_AT_EVERY_SECONDS = 0.5
# SIGINT is the engine's way to end a plugin. A terminal's Ctrl-C does not come here: plugins have a process group of
# their own.
_ENDING = {signal.SIGINT, signal.SIGTERM}


def serve(provider: Provider) -> None:
    """Serve the provider until the engine ends it or is found gone. The engine's address is the last argument."""
    # Blocked in all threads, a signal is waited for: a handler would be missed in the moment before the wait begins.
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=64), options=_OPTIONS)
    address = sys.argv[-1] if len(sys.argv) > 1 else None
    servicer = Servicer(provider, address)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    # After the engine's SIGKILL nobody tells.
    while signal.sigtimedwait(_ENDING, between_tries(_ENGINE_IS_LOOKED_FOR_EVERY_SECONDS)) is None:
        if address and not _is_there(address):
            while servicer.is_at_work() and signal.sigtimedwait(_ENDING, _WORK_IS_LOOKED_AT_EVERY_SECONDS) is None:
                pass
            break
    # At once: the engine ends its plugins one after the other, and has five seconds' patience for all of them.
    provider.end()
    os._exit(0)


def _is_there(engine: str) -> bool:
    host, _, port = engine.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=10).close()
    except OSError:
        return False
    return True
