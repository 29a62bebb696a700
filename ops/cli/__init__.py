"""The commands of `python -m ops`: one module for each panel of its help."""
