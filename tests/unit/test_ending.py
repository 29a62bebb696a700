"""How the program ends when it cannot go on."""

import signal
from pathlib import Path

import pulumi
import pytest

from tests.conftest import CHECKOUT
from tests.unit import program

TOLD = 32


@pytest.mark.parametrize("main", [program.PROGRAM, program.BOOTSTRAP])
def test_a_refusal_is_one_message_and_the_exit_code_to_which_the_language_host_adds_nothing(
    main: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(pulumi.log, "error", told.append)
    with pytest.raises(SystemExit) as ended:
        program.run({"azure-native:tenantId": program.TENANT}, main=main)
    (message,) = told
    assert message.startswith("The configuration of stack 'dev' (Pulumi.dev.yaml) has problems:\n")
    assert "azure-native:subscriptionId" in message
    assert ended.value.code == TOLD


def test_no_part_of_the_programs_ends_them_in_another_way() -> None:
    for folder in ("components", "bootstrap"):
        for file in (CHECKOUT / folder).rglob("*.py"):
            assert "RunError(" not in file.read_text(), file


@pytest.mark.parametrize("main", [program.PROGRAM, program.BOOTSTRAP])
def test_an_interrupt_ends_the_program_without_pythons_traceback(main: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[tuple[int, object]] = []
    before = signal.signal
    monkeypatch.setattr(
        signal, "signal", lambda number, handler: (taken.append((number, handler)), before(number, handler))[1]
    )
    with pytest.raises(SystemExit):
        program.run({}, main=main)
    assert (signal.SIGINT, signal.SIG_DFL) in taken


@pytest.mark.as_text
def test_both_programs_end_alike() -> None:
    ours, pipelines = (CHECKOUT / folder / "ending.py" for folder in ("components", "bootstrap/pipelines"))
    assert ours.read_text() == pipelines.read_text()


def called_back_for(graph: program.Graph) -> dict[str, set[str]]:
    """The resources of which the program is told when they are written, with the names by which the engine tells it."""
    hooks = {resource.name: resource.request.hooks for resource in graph.resources}
    bound = {name: {*each.after_create, *each.after_update} for name, each in hooks.items()}
    return {name: names for name, names in bound.items() if names}


def test_only_a_preview_calls_the_program_back_so_that_an_interrupted_update_fails_for_nothing_else() -> None:
    # Pulumi completes what is under way when it has ended the program already.
    assert called_back_for(program.run()) == {}
    # Two of one name the engine refuses.
    assert called_back_for(program.run(preview=True)) == {
        name: {f"{name}-written"} for name in ("mygw-workload-auth", "mygw-workload-env")
    }
