"""A plugin's process: it tells the engine its port, serves, and ends with the engine, however that ends."""

import os
import signal
import sys
from concurrent import futures

import grpc

from ...engine_protocol import provider_pb2_grpc
from .provider import Provider
from .servicer import Servicer

# Property bags of the engine can be large; these are its own limits.
_OPTIONS = [("grpc.max_receive_message_length", 400 << 20), ("grpc.max_send_message_length", 400 << 20)]
_PARENT_CHECK_SECONDS = 0.5
# SIGINT is the engine's way to end a plugin. A terminal's Ctrl-C does not come here: plugins have a process group of
# their own.
_ENDING = {signal.SIGINT, signal.SIGTERM}


def serve(provider: Provider) -> None:
    """Serve the provider until the engine ends it or is gone. The engine's address is the first argument."""
    # Blocked in all threads, a signal is waited for: a handler would be missed in the moment before the wait begins.
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    engine = os.getppid()

    server = grpc.server(futures.ThreadPoolExecutor(max_workers=64), options=_OPTIONS)
    address = sys.argv[1] if len(sys.argv) > 1 else None
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(provider, address), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    # After the engine's SIGKILL nobody tells.
    while os.getppid() == engine and signal.sigtimedwait(_ENDING, _PARENT_CHECK_SECONDS) is None:
        pass
    # At once: the engine ends its plugins one after the other, and has five seconds' patience for all of them.
    provider.end()
    os._exit(0)
