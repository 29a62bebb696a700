"""Quantities as the API server gives them back."""

import pytest

from components.config.kubernetes.quantity import canonical


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("0", "0"),
        (0, "0"),
        ("0Mi", "0"),
        (2, "2"),
        (0.5, "500m"),
        ("0.5", "500m"),
        ("+0.5", "500m"),
        (".5", "500m"),
        ("2.", "2"),
        ("1000m", "1"),
        ("1500m", "1500m"),
        ("100.5m", "101m"),
        ("1u", "1m"),
        ("1000", "1k"),
        ("1000k", "1M"),
        ("2000M", "2G"),
        ("1000G", "1T"),
        ("1000T", "1P"),
        ("1000P", "1E"),
        ("1024", "1024"),
        ("1Ki", "1Ki"),
        ("1024Ki", "1Mi"),
        ("2048Mi", "2Gi"),
        ("1.5Gi", "1536Mi"),
        ("0.5Ki", "512"),
        ("0.9765625Ki", "1k"),
        ("1000Mi", "1000Mi"),
        ("0.0001Gi", "107374183m"),
        ("1e3", "1e3"),
        ("1E3", "1e3"),
        ("1000e3", "1e6"),
        ("1e9", "1e9"),
        ("1e12", "1e12"),
        ("1e15", "1e15"),
        ("1e18", "1e18"),
        ("1e-3", "1m"),
        ("2E", "2E"),
        ("9223372036854775807", "9223372036854775807"),
    ],
)
def test_a_quantity_is_declared_as_the_api_server_gives_it_back(written: str | float, kept: str) -> None:
    assert canonical(written) == kept


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("0.05", "50m"),
        ("0.0005", "500u"),
        ("1n", "1n"),
        ("0.1n", "1n"),
        ("1e-5", "10u"),
        ("2048Mi", "2Gi"),
        ("0.5Ki", "512"),
    ],
)
def test_where_it_is_no_resource_it_keeps_smaller_parts(written: str, kept: str) -> None:
    assert canonical(written, "n") == kept


@pytest.mark.parametrize("written", ["", "two", "-1", "1GB", "2 Gi", "1 000", "1e", "Mi", "0x10", "٣"])
def test_what_is_no_quantity_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="expected a quantity such as 500m, 2 or 2Gi"):
        canonical(written)


def test_more_than_the_api_server_holds_is_refused() -> None:
    with pytest.raises(ValueError, match="less than 8Ei"):
        canonical("8Ei")
