"""One concern a file; `__main__.py` composes them."""
