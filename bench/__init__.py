"""How long the program's commands take on the sandbox."""
