"""Finds the programs that the sandbox is made of, or builds them from their published Go modules."""
