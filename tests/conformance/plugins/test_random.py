"""The stand-in for random: a UUID that stays."""

import uuid

import pytest

from .plugin import Plugin, PluginError

UUID = "random:index/randomUuid:RandomUuid"
KNOWN = "b6b4ec5d-2f5c-4d8b-9c1a-0f5c5b9f6a11"


def test_a_uuid_is_new_each_time_and_is_its_own_id(random: Plugin) -> None:
    first, second = random.create(UUID, {}), random.create(UUID, {})
    assert str(uuid.UUID(first.state["result"])) == first.state["result"] == first.id
    assert first.id != second.id


def test_it_stays_until_its_keepers_change(random: Plugin) -> None:
    made = random.create(UUID, {"keepers": {"role": "reader"}})
    assert random.drift(made) == {}
    assert random.diff(made, {"keepers": {"role": "reader"}}) == {}
    assert random.diff(made, {"keepers": {"role": "validator"}}) == {"keepers.role": "UPDATE_REPLACE"}


def test_a_known_uuid_can_be_imported_and_nothing_else(random: Plugin) -> None:
    found = random.import_(UUID, KNOWN)
    assert found is not None
    assert (found.id, found.state["result"]) == (KNOWN, KNOWN)
    with pytest.raises(PluginError, match="unable to parse 'reader' as a UUID"):
        random.import_(UUID, "reader")


def test_inputs_that_it_does_not_have_are_refused(random: Plugin) -> None:
    with pytest.raises(PluginError, match="unknown property 'length'"):
        random.create(UUID, {"length": 4})
