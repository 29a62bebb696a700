"""Whether the engine that asked for what a thread does is still there: a killed engine's connections are lost at once."""

import threading
from typing import Any

_calls = threading.local()


def begin(context: Any) -> None:
    """This thread answers a call now, which gRPC has given this context."""
    _calls.context = context


def is_gone() -> bool:
    """Whether nobody waits any more for what this thread does."""
    context = getattr(_calls, "context", None)
    return context is not None and not context.is_active()
