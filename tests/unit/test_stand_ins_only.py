"""The list of tests that real plugins can't pass."""

import ast

from tests.conftest import CHECKOUT
from tests.engine.stand_ins_only import AT_MOST, STAND_INS_ONLY


def test_few_tests_are_about_the_stand_ins_own_switches_and_each_says_why() -> None:
    assert len(STAND_INS_ONLY) <= AT_MOST == 12
    assert all(reason.strip() for reason in STAND_INS_ONLY.values())


def test_each_of_them_is_there() -> None:
    for test in STAND_INS_ONLY:
        file, _, name = test.partition("::")
        module = ast.parse((CHECKOUT / "tests" / "engine" / file).read_text())
        assert name in {function.name for function in module.body if isinstance(function, ast.FunctionDef)}, test
