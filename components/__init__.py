"""The building blocks of the program: one concern a file, composed in `__main__.py`."""
