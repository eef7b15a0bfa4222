"""A KDC for the tests that need one: one for each process of the tests, started when the first of them runs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from kdc import Kdc


@pytest.fixture(scope="session")
def shared_kdc() -> Iterator[Kdc]:
    with Kdc() as made:
        yield made


@pytest.fixture
def kdc(shared_kdc: Kdc, monkeypatch: pytest.MonkeyPatch, tmp_path) -> Kdc:
    """Whoever asks for it is a client of its realm, without a ticket."""
    monkeypatch.setenv("KRB5_CONFIG", str(shared_kdc.config))
    monkeypatch.setenv("KRB5CCNAME", f"FILE:{tmp_path / 'no-tickets'}")
    return shared_kdc
