"""What shortens the sandbox's waits."""

import pytest

from sandbox.waits import beside_controllers, between_tries, time_scale


@pytest.mark.parametrize(
    ("given", "between", "beside"),
    [(None, 10, 10), ("", 10, 10), ("1", 10, 10), ("0.5", 5, 5), ("0.02", 0.2, 4)],
)
def test_waits_have_their_true_length_unless_a_scale_shortens_them(
    monkeypatch: pytest.MonkeyPatch, given: str | None, between: float, beside: float
) -> None:
    if given is None:
        monkeypatch.delenv("SANDBOX_TIME_SCALE", raising=False)
    else:
        monkeypatch.setenv("SANDBOX_TIME_SCALE", given)
    assert (between_tries(10), beside_controllers(10)) == (between, beside)


@pytest.mark.parametrize("given", ["0", "-1", "1.5", "nan", "inf", "fast"])
def test_a_scale_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("SANDBOX_TIME_SCALE", given)
    with pytest.raises(ValueError, match=f"SANDBOX_TIME_SCALE is '{given}': expected a number above 0 and up to 1"):
        time_scale()
