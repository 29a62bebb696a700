"""The mutants of a module's models."""

from . import fields
from .checkout import CHECKOUT, Module
from .trial import Mutant


def of_models(module: Module) -> list[Mutant]:
    """All of them: each model without one default, bound or validator."""
    return [
        Mutant(f"{file}:{each.line}: {each.what}", file, each.source)
        for file in module.files
        for each in fields.removals((CHECKOUT / file).read_text())
    ]
