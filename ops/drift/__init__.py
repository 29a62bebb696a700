"""Where reality differs from what a stack declares."""
