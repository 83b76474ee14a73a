"""When a certificate ends, for real ones and for any bytes."""

import base64
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.web.certificate import not_after
from tests.edge.web.conftest import make_pair


@pytest.mark.parametrize(
    "end",
    [
        datetime(2001, 9, 9, 1, 46, 40, tzinfo=UTC),
        datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC),
        datetime(2050, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
    ],
    ids=["past", "last UTCTime", "first GeneralizedTime", "no well-defined end"],
)
def test_the_end_of_a_certificate_is_read_as_its_maker_wrote_it(tmp_path: Path, end: datetime) -> None:
    assert not_after(make_pair(tmp_path, end).certificate.read_bytes()) == end


def test_the_first_of_a_chain_counts(tmp_path: Path) -> None:
    first = make_pair(tmp_path, datetime(2030, 1, 1, tzinfo=UTC)).certificate.read_bytes()
    second = make_pair(tmp_path, datetime(2040, 1, 1, tzinfo=UTC)).certificate.read_bytes()

    assert not_after(b"# ours\n" + first + second) == datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return make_pair(
        tmp_path_factory.mktemp("pem"), datetime(2030, 1, 1, tzinfo=UTC)
    ).certificate.read_bytes()


def reads_or_refuses(pem: bytes) -> None:
    try:
        assert not_after(pem).tzinfo is UTC
    except ValueError as refused:
        assert str(refused)  # noqa: PT017  some changes leave it readable


@given(st.binary(max_size=200))
def test_any_bytes_in_a_certificate_give_a_time_or_a_value_error(der: bytes) -> None:
    reads_or_refuses(
        b"-----BEGIN CERTIFICATE-----\n" + base64.b64encode(der) + b"\n-----END CERTIFICATE-----\n"
    )


@given(st.integers(0, 2_000), st.integers(0, 8), st.binary(max_size=4))
def test_a_certificate_cut_or_changed_anywhere_gives_a_time_or_a_value_error(
    pem: bytes, place: int, cut: int, put: bytes
) -> None:
    place %= len(pem)
    reads_or_refuses(pem[:place] + put + pem[place + cut :])
