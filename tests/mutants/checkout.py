"""Copies of the checkout that may be spoiled, and the unit tests that are asked there."""

import ast
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import grimp

CHECKOUT = Path(__file__).parents[2]
PACKAGES = ("bench", "bootstrap", "components", "ops", "sandbox", "tests")


class MutantsError(Exception):
    """The mutants can't be tried; the message says why."""


@dataclass(frozen=True)
class Module:
    """A module of this repository, or a package with all that is in it."""

    path: Path
    """Its file or its folder, below the checkout."""

    @classmethod
    def named(cls, name: str) -> "Module":
        """By its file or folder (`components/config/defaults.py`), or its name in Python (`components.config.defaults`).

        Raises:
            MutantsError: there is no such module in one of the packages.
        """
        path = Path(name if name.endswith(".py") else name.replace(".", "/"))
        if not (CHECKOUT / path / "__init__.py").is_file():
            path = path.with_suffix(".py")
        if path.is_absolute() or path.parts[0] not in PACKAGES or not (CHECKOUT / path).exists():
            raise MutantsError(
                f"There is no module {name!r}. MODULE is a file or a folder below {', '.join(PACKAGES)}: "
                "MODULE=components/config/defaults.py"
            )
        return cls(path)

    @property
    def name(self) -> str:
        """Its name in Python."""
        return ".".join(self.path.with_suffix("").parts).removesuffix(".__init__")

    @property
    def files(self) -> list[Path]:
        """What is mutated, below the checkout."""
        below = sorted((CHECKOUT / self.path).rglob("*.py"))
        return [file.relative_to(CHECKOUT) for file in below] or [self.path]


def copy(folder: Path) -> None:
    """Put the checkout's files there, as they are now: what git knows, and what it does not ignore.

    A repository too, because tests ask git for the files.
    """
    subprocess.run(["git", "clone", "--quiet", "--shared", str(CHECKOUT), str(folder)], check=True)
    listed = ["git", "-C", str(CHECKOUT), "ls-files", "-z", "--modified", "--others", "--exclude-standard"]
    changed = subprocess.run(listed, check=True, capture_output=True, text=True).stdout.split("\0")
    for name in filter(None, changed):
        source, target = CHECKOUT / name, folder / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
        else:
            target.unlink(missing_ok=True)


def asking(module: Module) -> list[str]:
    """The files of unit tests that import a module: first those that do so themselves, which notice most, then the others.

    Raises:
        MutantsError: there is none.
    """
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    # It runs the program by its path, which is no import.
    for imported in _imports(CHECKOUT / "__main__.py") & graph.modules:
        graph.add_import(importer="tests.unit.program", imported=imported)
    downstream = graph.find_downstream_modules(module.name, as_package=True)
    importing = [name for name in downstream if name.startswith("tests.unit.test_")]
    if not importing:
        raise MutantsError(f"No unit test imports {module.name}: what is taken out of it, none can notice.")

    def steps_away(name: str) -> tuple[int, str]:
        return len(graph.find_shortest_chain(importer=name, imported=module.name, as_packages=True) or ()), name

    return [f"{name.replace('.', '/')}.py" for name in sorted(importing, key=steps_away)]


def _imports(file: Path) -> set[str]:
    """What a file may mean with its imports: `from components.config import read` means a module, or what is in one."""
    nodes = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.ImportFrom) and node.module]
    return {str(node.module) for node in nodes} | {
        f"{node.module}.{alias.name}" for node in nodes for alias in node.names
    }
