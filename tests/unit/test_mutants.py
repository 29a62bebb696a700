"""What is taken out of models, and what the report says of it."""

from pathlib import Path

import pytest

from tests.mutants import fields
from tests.mutants.checkout import Module, MutantsError, asking

MODEL = """
class Gateway(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[
        str,
        AfterValidator(not_empty),
        AfterValidator(short),
    ]
    replicas: int = Field(default=1, ge=1, description="Number of pods ü at least one.")
    shown: str = "ü"

    @check("name")
    @classmethod
    def _unique(cls, name: str) -> str:
        return name
"""


def test_each_default_bound_and_validator_is_taken_out_once() -> None:
    assert [(removal.line, removal.what) for removal in fields.removals(MODEL)] == [
        (3, "`extra='forbid'` of Gateway's configuration"),
        (3, "`frozen=True` of Gateway's configuration"),
        (7, "`AfterValidator(not_empty)` of an Annotated type"),
        (8, "`AfterValidator(short)` of an Annotated type"),
        (10, "`default=1` of Gateway.replicas"),
        (10, "`ge=1` of Gateway.replicas"),
        (11, "default `'ü'` of Gateway.shown"),
        (13, "validator Gateway._unique"),
    ]


@pytest.mark.parametrize(
    ("what", "before", "after"),
    [
        ("`extra='forbid'`", 'ConfigDict(extra="forbid", frozen=True)', "ConfigDict(frozen=True)"),
        ("`frozen=True`", 'ConfigDict(extra="forbid", frozen=True)', 'ConfigDict(extra="forbid")'),
        ("`AfterValidator(short)`", "        AfterValidator(short),\n    ]", "        ]"),
        ("`ge=1`", "default=1, ge=1, description", "default=1, description"),
        ("default `'ü'`", 'shown: str = "ü"', "shown: str"),
    ],
)
def test_nothing_but_that_one_thing_is_gone(what: str, before: str, after: str) -> None:
    (removal,) = [removal for removal in fields.removals(MODEL) if removal.what.startswith(what)]
    assert removal.source == MODEL.replace(before, after)


def test_of_a_validator_nothing_is_left() -> None:
    (removal,) = [removal for removal in fields.removals(MODEL) if removal.what == "validator Gateway._unique"]
    assert removal.source == MODEL[: MODEL.index('    @check("name")')] + "    pass\n"


def test_the_tests_that_are_asked_import_the_module_through_others_or_run_the_program() -> None:
    asked = asking(Module(Path("components/config/formats/azure.py")))
    assert {"tests/unit/test_configuration.py", "tests/unit/test_graph.py"} <= set(asked)
    assert "tests/unit/test_markdown.py" not in asked


@pytest.mark.parametrize("name", ["components/config/defaults.py", "components.config.defaults"])
def test_a_module_is_named_by_its_file_or_as_in_python(name: str) -> None:
    assert Module.named(name).name == "components.config.defaults"


@pytest.mark.parametrize("name", ["components/prerequisites", "components.prerequisites"])
def test_a_folder_means_all_modules_in_it(name: str) -> None:
    package = Module.named(name)
    assert package.name == "components.prerequisites"
    assert {"__init__.py", "check.py", "sign_in.py"} <= {file.name for file in package.files}
    assert "tests/unit/test_prerequisites.py" in asking(package)


@pytest.mark.parametrize("name", ["settings", "components/none.py", "/etc/passwd.py", "docs/drift.md"])
def test_what_is_no_module_is_refused_with_an_example(name: str) -> None:
    with pytest.raises(MutantsError, match=r"There is no module .*MODULE=components/config/defaults.py"):
        Module.named(name)
