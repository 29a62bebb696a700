"""The stand-in for random: a UUID that stays."""

import uuid

import pytest

from sandbox.plugins.engine.values import UNKNOWN, Properties

from .plugin import Made, Plugin, PluginError, only_for_the_stand_in

UUID = "random:index/randomUuid:RandomUuid"
KNOWN = "b6b4ec5d-2f5c-4d8b-9c1a-0f5c5b9f6a11"


def replaced(random: Plugin, made: Made, keepers: Properties) -> list[str]:
    """The properties for whose change it would be made anew."""
    answer = random.diff_answer(made, {"keepers": keepers} if keepers else {})
    # The released plugin names no paths, so that the engine knows no more than this.
    assert (answer.hasDetailedDiff, dict(answer.detailedDiff), answer.deleteBeforeReplace) == (False, {}, False)
    assert list(answer.diffs) == list(answer.replaces)
    return list(answer.replaces)


def test_a_uuid_is_new_each_time_and_is_its_own_id(random: Plugin) -> None:
    first, second = random.create(UUID, {}), random.create(UUID, {})
    assert str(uuid.UUID(first.state["result"])) == first.state["result"] == first.state["id"] == first.id
    assert first.id != second.id
    assert first.inputs == {}


def test_a_preview_knows_neither_the_uuid_nor_its_id(random: Plugin) -> None:
    state = random.create(UUID, {"keepers": {"role": "reader"}}, preview=True).state
    assert (state["id"], state["result"], state["keepers"]) == (UNKNOWN, UNKNOWN, {"role": "reader"})


def test_it_stays_until_its_keepers_change(random: Plugin) -> None:
    made = random.create(UUID, {"keepers": {"role": "reader"}})
    live = random.read(made)
    assert live is not None
    assert (live.id, live.inputs, live.state["result"]) == (made.id, made.inputs, made.id)
    assert replaced(random, live, {"role": "reader"}) == []
    assert replaced(random, made, {"role": "validator"}) == ["keepers"]
    assert replaced(random, made, {"role": "reader", "stack": "dev"}) == ["keepers"]
    assert replaced(random, made, {}) == ["keepers"]
    assert replaced(random, random.create(UUID, {}), {"role": "reader"}) == ["keepers"]


@pytest.mark.parametrize("written", [KNOWN, KNOWN.upper()])
def test_a_known_uuid_can_be_imported(random: Plugin, written: str) -> None:
    found = random.import_(UUID, written)
    assert found is not None
    assert (found.id, found.inputs, found.state["id"], found.state["result"]) == (KNOWN, {}, KNOWN, KNOWN)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("reader", "uuid string is wrong length"),
        (KNOWN.replace("-", ""), "uuid string is wrong length"),
        (f"{{{KNOWN}}}", "uuid string is wrong length"),
        (KNOWN.replace("-", "0"), "uuid is improperly formatted"),
        (KNOWN.replace("b6b", "xyz"), "encoding/hex: invalid byte: U+0078 'x'"),
    ],
)
def test_nothing_else_can_be_imported(random: Plugin, written: str, reason: str) -> None:
    with pytest.raises(PluginError) as refused:
        random.import_(UUID, written)
    assert str(refused.value) == (
        "Import Random UUID Error: There was an error during the parsing of the UUID.\n\nRetry the Terraform operation. "
        "If the error still occurs or happens regularly, please contact the provider developer with hardware and "
        f"operating system information.\n\nOriginal Error: {reason}"
    )


def test_keepers_are_a_map(random: Plugin) -> None:
    with pytest.raises(PluginError, match="keepers"):
        random.create(UUID, {"keepers": "reader"})


def test_inputs_that_it_does_not_have_are_refused(random: Plugin) -> None:
    only_for_the_stand_in("random")
    with pytest.raises(PluginError, match="unknown property 'length'"):
        random.create(UUID, {"length": 4})
