"""Names and values of others, printed in a pipeline, are no commands to its agent."""

import pytest

from ops.report.annotation import harmless

TEXT = "added: data.x\n ::set-env name=PATH::/tmp\nkey ##vso[task.prependpath]/tmp and ##[command]x and a::b"


@pytest.mark.parametrize("variable", [("GITHUB_ACTIONS", "true"), ("TF_BUILD", "True")])
def test_no_command_is_left(variable: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(*variable)
    assert harmless(TEXT) == (
        "added: data.x\n : :set-env name=PATH::/tmp\nkey # #vso[task.prependpath]/tmp and # #[command]x and a::b"
    )


def test_elsewhere_a_text_is_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.delenv("TF_BUILD", raising=False)
    assert harmless(TEXT) == TEXT
