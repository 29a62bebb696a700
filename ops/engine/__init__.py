"""What the engine knows of a stack and finds out about it, through its command line."""
