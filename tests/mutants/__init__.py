"""Mutants: what is taken out of a module, one thing at a time, and whether a unit test notices.

Statements and options of functions are mutmut's; the defaults, bounds and validators of models, which it passes over, are
taken out here.
"""
