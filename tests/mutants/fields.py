"""What can be taken out of models: a field without its default, without one of its bounds, without a validator."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

# Options of a field that decide nothing: words for people, and the names that the file has for it.
_WORDS = {"description", "title", "examples", "alias", "json_schema_extra"}
_CHECKS = {"check", "field_validator", "model_validator"}


@dataclass(frozen=True)
class Removal:
    """One thing that is taken out of a module."""

    line: int
    """Where, counted from 1."""
    what: str
    """What was taken out, as somebody says it."""
    source: str
    """The module without it."""


def removals(source: str) -> list[Removal]:
    """All of a module's, in the order of its lines.

    Without one, a module may be no valid model any more: whoever imports it notices.
    """
    found = [removal for node in ast.walk(ast.parse(source)) for removal in _of(node, source)]
    return sorted(found, key=lambda removal: (removal.line, removal.what))


def _of(node: ast.AST, source: str) -> Iterator[Removal]:
    match node:
        case ast.ClassDef(name=name, body=body):
            for statement in body:
                yield from _of_member(name, statement, source)
        case ast.Subscript(value=ast.Name(id="Annotated"), slice=ast.Tuple(elts=[_, *metadata])):
            for entry in metadata:
                yield _without(entry, f"`{_shown(entry)}` of an Annotated type", source)
        case _:
            return


def _of_member(model: str, statement: ast.stmt, source: str) -> Iterator[Removal]:
    match statement:
        case ast.AnnAssign(target=ast.Name(id=field), value=ast.Call(func=ast.Name(id="Field" | "field")) as call):
            for option in call.keywords:
                if option.arg not in _WORDS:
                    yield _without(option, f"`{_shown(option)}` of {model}.{field}", source)
        case ast.AnnAssign(target=ast.Name(id=field), value=ast.expr() as default):
            start = ast.get_source_segment(source, statement.annotation)
            changed = _replaced(source, statement, f"{field}: {start}")
            yield Removal(statement.lineno, f"default `{_shown(default)}` of {model}.{field}", changed)
        case ast.Assign(targets=[ast.Name(id="model_config")], value=ast.Call(keywords=options)):
            for option in options:
                yield _without(option, f"`{_shown(option)}` of {model}'s configuration", source)
        case ast.FunctionDef(name=name, decorator_list=decorators) if any(map(_is_check, decorators)):
            first = min(decorator.lineno for decorator in decorators)
            yield Removal(
                first, f"validator {model}.{name}", _without_lines(source, first, statement.end_lineno or first)
            )
        case _:
            return


def _is_check(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Name) and decorator.func.id in _CHECKS


def _shown(node: ast.AST) -> str:
    return ast.unparse(node)


def _without(node: ast.expr | ast.keyword, what: str, source: str) -> Removal:
    """Without one entry of a list: it and the comma after it, or before it where it is the last."""
    start, end = _span(source, node)
    rest = source[end:]
    after = len(rest) - len(rest.lstrip())
    if rest[after:].startswith(","):
        changed = source[:start] + rest[after + 1 :].lstrip()
    else:
        changed = source[:start].rstrip().removesuffix(",") + rest
    return Removal(node.lineno, what, changed)


def _replaced(source: str, node: ast.stmt, text: str) -> str:
    start, end = _span(source, node)
    return source[:start] + text + source[end:]


def _span(source: str, node: ast.expr | ast.keyword | ast.stmt) -> tuple[int, int]:
    """Where a node begins and ends, in characters; ast counts columns in bytes of UTF-8."""
    lines = source.splitlines(keepends=True)

    def place(line: int, column: int) -> int:
        return sum(map(len, lines[: line - 1])) + len(lines[line - 1].encode()[:column].decode())

    return place(node.lineno, node.col_offset), place(node.end_lineno or node.lineno, node.end_col_offset or 0)


def _without_lines(source: str, first: int, last: int) -> str:
    lines = source.splitlines(keepends=True)
    # A body of nothing but this would be none at all.
    indent = lines[first - 1][: len(lines[first - 1]) - len(lines[first - 1].lstrip())]
    return "".join([*lines[: first - 1], f"{indent}pass\n", *lines[last:]])
