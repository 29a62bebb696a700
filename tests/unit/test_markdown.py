"""Values in reports: on one line, cut where they are long, and both sides of a difference still told apart."""

from typing import Any

from ops.cluster.updates import Change, Losses, TakenAway
from ops.drift import render
from ops.engine.steps import Step
from ops.preview import comment, text
from ops.report.markdown import code, shown

LONG = "a" * 400


def test_a_long_value_is_cut_at_its_end() -> None:
    assert shown(f"{LONG}b") == f"{'a' * 300}..."


def test_two_long_values_are_shown_from_where_they_differ() -> None:
    assert shown(f"{LONG}b", f"{LONG}c") == f"...{'a' * 40}b"
    assert shown(f"{LONG}c", f"{LONG}b") == f"...{'a' * 40}c"
    assert shown(LONG, f"{LONG}c") == f"...{'a' * 40}"
    assert shown([f"{LONG}b"], [f"{LONG}c"]) == f'...{"a" * 40}b"]'


def test_values_that_differ_early_are_shown_from_their_beginning() -> None:
    assert shown(f"b{LONG}", f"c{LONG}") == f"b{'a' * 299}..."
    assert shown("short", LONG) == "short"
    assert code(f"b|{LONG}", "c") == f"`b\\|{'a' * 298}...`"


def test_what_follows_a_difference_is_cut_too() -> None:
    assert shown(f"{LONG}b{LONG}", f"{LONG}c{LONG}") == f"...{'a' * 40}b{'a' * 259}..."


def test_no_table_and_no_diff_shows_the_same_on_both_sides() -> None:
    there, becomes = f"{LONG}b", f"{LONG}c"
    type_ = "kubernetes:core/v1:ConfigMap"
    values: dict[str, Any] = {"properties": ("data.key",), "provider": "kubernetes"}
    step = Step(
        "update",
        f"urn::{type_}::mygw-env",
        type_,
        old={"data": {"key": there}},
        new={"data": {"key": becomes}},
        **values,
    )
    losses = Losses([TakenAway("mygw-env", "ConfigMap", "data.other", Change.CHANGED_BACK, there, becomes)])
    for told in (text.text("dev", [step], losses), comment.markdown("dev", [step], losses)):
        assert told.count(f"...{'a' * 40}b") == 2
        assert told.count(f"...{'a' * 40}c") == 2
    (row,) = [line for line in render._rows(("r", "k", "a", "b"), [("mygw", "", "", there, becomes)]) if "mygw" in line]
    assert row == f"| `mygw` |  | `...{'a' * 40}b` | `...{'a' * 40}c` |"
