"""The list of tests that real plugins can't pass."""

import ast

from tests.conftest import CHECKOUT
from tests.stand_ins_only import AT_MOST, STAND_INS_ONLY


def test_few_tests_are_about_the_stand_ins_own_switches_and_each_says_why() -> None:
    assert len(STAND_INS_ONLY) <= AT_MOST == 12
    assert all(reason.strip() for reason in STAND_INS_ONLY.values())


def test_each_of_them_is_there() -> None:
    for test in STAND_INS_ONLY:
        file, _, name = test.partition("::")
        module = ast.parse((CHECKOUT / "tests" / file).read_text())
        assert name in {function.name for function in module.body if isinstance(function, ast.FunctionDef)}, test


def test_the_list_has_all_of_them() -> None:
    skipping = {
        f"{file.relative_to(CHECKOUT / 'tests')}::{function.name}"
        for file in (CHECKOUT / "tests" / "conformance").rglob("test_*.py")
        for function in ast.parse(file.read_text()).body
        if isinstance(function, ast.FunctionDef) and "only_for_the_stand_in(" in ast.unparse(function)
    }
    assert skipping == {test for test in STAND_INS_ONLY if test.startswith("conformance/")}
