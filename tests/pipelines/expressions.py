"""GitHub's expressions, as far as the workflows use them; whatever else is an error."""

import json
import re
from collections.abc import Callable
from typing import Any

_TOKEN = re.compile(r"\s*(?:(&&|\|\||==|!=|!|\(|\)|,)|'((?:[^']|'')*)'|(-?\d+)|([A-Za-z_][\w.-]*))")
_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)


class Expressions:
    """Evaluates expressions with the contexts of a job or a step."""

    def __init__(self, contexts: dict[str, Any], functions: dict[str, Callable[..., Any]]) -> None:
        self._contexts = contexts
        self._functions: dict[str, Callable[..., Any]] = {"fromJSON": json.loads, **functions}

    def fill(self, value: Any) -> Any:
        """A value with its expressions evaluated; one that is an expression as a whole keeps its type."""
        if isinstance(value, dict):
            return {key: self.fill(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.fill(item) for item in value]
        if not isinstance(value, str):
            return value
        whole = _EXPRESSION.fullmatch(value.strip())
        if whole and value.count("${{") == 1:
            return self.evaluate(whole[1])
        return _EXPRESSION.sub(lambda match: _text(self.evaluate(match[1])), value)

    def holds(self, condition: Any) -> bool:
        """Whether an `if` holds; it asks for success where it names no other status."""
        if condition is None:
            return bool(self._functions["success"]())
        expression = str(condition).strip().removeprefix("${{").removesuffix("}}")
        if not re.search(r"\b(success|failure|cancelled|always)\(", expression):
            expression = f"success() && ({expression})"
        return bool(self.evaluate(expression))

    def evaluate(self, expression: str) -> Any:
        """The value of an expression."""
        self._tokens = _tokens(expression)
        value = self._or()
        assert not self._tokens, f"{expression}: {self._tokens} is left over"
        return value

    def _or(self) -> Any:
        value = self._and()
        while self._next("||"):
            other = self._and()
            value = value or other
        return value

    def _and(self) -> Any:
        value = self._equal()
        while self._next("&&"):
            other = self._equal()
            value = value and other
        return value

    def _equal(self) -> Any:
        value = self._unary()
        if self._next("=="):
            return value == self._unary()
        if self._next("!="):
            return value != self._unary()
        return value

    def _unary(self) -> Any:
        if self._next("!"):
            return not self._unary()
        if self._next("("):
            value = self._or()
            assert self._next(")")
            return value
        kind, text = self._tokens.pop(0)
        if kind in ("text", "number"):
            return text
        assert kind == "name", f"{text} is not expected"
        if self._next("("):
            arguments: list[Any] = []
            while not self._next(")"):
                arguments.append(self._or())
                self._next(",")
            return self._functions[text](*arguments)
        return self._context(text)

    def _context(self, path: str) -> Any:
        first, *rest = path.split(".")
        value = self._contexts[first]
        for name in rest:
            # What a context does not have is empty, as on GitHub.
            value = value.get(name, "") if isinstance(value, dict) else ""
        return value

    def _next(self, symbol: str) -> bool:
        if self._tokens and self._tokens[0] == ("symbol", symbol):
            self._tokens.pop(0)
            return True
        return False


def _tokens(expression: str) -> list[tuple[str, Any]]:
    tokens: list[tuple[str, Any]] = []
    position = 0
    while expression[position:].strip():
        match = _TOKEN.match(expression, position)
        assert match, f"{expression}: not known here"
        symbol, text, number, name = match.groups()
        if symbol:
            tokens.append(("symbol", symbol))
        elif text is not None:
            tokens.append(("text", text.replace("''", "'")))
        elif number:
            tokens.append(("number", int(number)))
        else:
            tokens.append(("text", name == "true") if name in ("true", "false") else ("name", name))
        position = match.end()
    return tokens


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
