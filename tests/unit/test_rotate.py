"""`ops rotate` writes one quoted date, and leaves the rest of the stack's file as it is."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from ops.errors import OpsError
from ops.rotate import Rotation, rotate

TODAY = datetime.now(UTC).date()
YESTERDAY = TODAY - timedelta(days=1)
FILE = """\
# of contoso
config:
  azure-native:tenantId: 00000000-0000-0000-0000-000000000001
  self-hosted-gateway:gateways:
    - name: mygw
      authentication:
        clientSecret: { rotation: 2026-11-01, validity: P90D } # short
    - authentication:
        clientSecret:
          rotation: 2026-11-02   # by hand
      name: "branch"
"""


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(FILE)
    return file


def test_one_gateways_date_is_written_quoted_and_nothing_else_changes(file: Path) -> None:
    assert rotate("dev", "mygw", YESTERDAY) == [Rotation("mygw", "2026-11-01", YESTERDAY)]
    assert file.read_text() == FILE.replace("2026-11-01", f'"{YESTERDAY}"')


def test_all_gateways_are_rotated_where_none_is_named(file: Path) -> None:
    assert rotate("contoso/self-hosted-gateway/dev", None, TODAY) == [
        Rotation("mygw", "2026-11-01", TODAY),
        Rotation("branch", "2026-11-02", TODAY),
    ]
    assert file.read_text() == FILE.replace("2026-11-01", f'"{TODAY}"').replace("2026-11-02", f'"{TODAY}"')


@pytest.mark.parametrize(
    "before", ["2100-01-01", '"<today, as yyyy-mm-dd>"', "2100-01-01 00:00:00 +0000 UTC", '"2100-01-01"']
)
def test_what_the_program_refuses_is_replaced(file: Path, before: str) -> None:
    file.write_text(FILE.replace("2026-11-02", before))
    rotate("dev", "branch", TODAY)
    assert file.read_text() == FILE.replace("2026-11-02", f'"{TODAY}"')


def test_a_date_that_is_missing_is_written(file: Path) -> None:
    file.write_text(FILE.replace("rotation: 2026-11-02   #", "rotation: #"))
    rotate("dev", "branch", TODAY)
    assert file.read_text() == FILE.replace("rotation: 2026-11-02   #", f'rotation: "{TODAY}" #')


@pytest.mark.parametrize(
    ("gateway", "day", "message"),
    [
        ("other", TODAY, "Stack dev has no gateway 'other'; it has: mygw, branch."),
        (
            "mygw",
            date(2026, 11, 1),
            "Gateway 'mygw' was rotated on 2026-11-01: 2026-11-01 is not later. A secret can be rotated once a day.",
        ),
        (
            "mygw",
            TODAY + timedelta(days=1),
            f"The rotation {TODAY + timedelta(days=1)} is in the future: the secret's validity would count from then.",
        ),
    ],
)
def test_what_can_not_be_done_is_said_and_the_file_stays(file: Path, gateway: str, day: date, message: str) -> None:
    with pytest.raises(OpsError) as caught:
        rotate("dev", gateway, day)
    assert str(caught.value) == message
    assert file.read_text() == FILE


def test_a_date_that_another_gateway_shares_is_left_alone(file: Path) -> None:
    file.write_text(FILE.replace("2026-11-01", "&day 2026-11-01").replace("2026-11-02", "*day"))
    with pytest.raises(OpsError) as caught:
        rotate("dev", "branch", TODAY)
    assert str(caught.value) == (
        "Pulumi.dev.yaml: gateway 'branch' has its `rotation` by an anchor (&): write the date itself."
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("config: [", "Pulumi.dev.yaml can't be read: while parsing"),
        (
            "config: {}",
            "Pulumi.dev.yaml has no self-hosted-gateway:gateways with an `authentication.clientSecret.rotation`.",
        ),
    ],
)
def test_a_file_without_gateways_is_told(file: Path, text: str, message: str) -> None:
    file.write_text(text)
    with pytest.raises(OpsError) as caught:
        rotate("dev", None, TODAY)
    assert str(caught.value).startswith(message)
