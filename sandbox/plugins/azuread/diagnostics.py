"""Errors in the released provider's words and frame: a bullet for a diagnostic, below what was being done to what."""

from collections.abc import Iterator
from contextlib import contextmanager

from ..engine.provider import IncompleteError, ProviderError, Request
from ..engine.values import Properties


def diagnostic(text: str, attribute: str = "") -> str:
    """One diagnostic.

    Args:
        text: its summary, and after a colon its detail.
        attribute: which of the resource's attributes it is about, in the released provider's spelling.
    """
    return f"1 error occurred:\n\t* {f'[{attribute}] ' if attribute else ''}{text}\n\n"


@contextmanager
def recorded(doing: str, request: Request, id_: str, state: Properties) -> Iterator[None]:
    """What fails in here has changed the resource: it goes into the state, and its error with it.

    Args:
        doing: `creating` or `updating`.
        request: the engine's.
        id_: the resource's id.
        state: what the provider has planned that it will be.

    Raises:
        IncompleteError: in the place of each other error.
    """
    try:
        yield
    except IncompleteError:
        raise
    except ProviderError as error:
        raise IncompleteError(id_, state, {}, [f"{doing} {request.urn}: {error}"]) from None


@contextmanager
def told(doing: str, request: Request) -> Iterator[None]:
    """What fails in here has changed nothing.

    Args:
        doing: `refreshing` or `deleting`.
        request: the engine's.

    Raises:
        ProviderError: with what was being done to which resource.
    """
    try:
        yield
    except ProviderError as error:
        raise ProviderError(f"{doing} {request.urn}: {error}") from None
