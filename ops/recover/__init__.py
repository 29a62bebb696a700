"""After an update that was killed: its lock, and the objects that the state does not know."""
