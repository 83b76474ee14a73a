"""Who did not sign in may report a fault from the campus's own network, a few times, and no crowd of them more than some."""

import pytest

from edge.web.strangers import OF_ALL, OF_ONE, SPAN_S, Strangers, is_ours


@pytest.mark.parametrize(
    ("address", "networks", "ours"),
    [
        ("10.1.2.3", (), True),
        ("192.168.7.7", (), True),
        ("127.0.0.1", (), True),
        ("::1", (), True),
        ("fe80::1%eth0", (), True),
        ("::ffff:10.1.2.3", (), True),
        ("203.0.113.5", (), False),
        ("2001:db8::1", (), False),
        ("", (), False),
        (None, (), False),
        ("10.1.2.3", ("10.20.0.0/16",), False),
        ("10.20.2.3", ("10.20.0.0/16",), True),
    ],
)
def test_only_the_campuss_own_network_is_its_own(
    address: str | None, networks: tuple[str, ...], ours: bool
) -> None:
    assert is_ours(address, networks) is ours


def test_one_address_waits_after_a_few_and_others_do_not() -> None:
    now = [0.0]
    strangers = Strangers(lambda: now[0])
    assert [strangers.wait_s("10.0.0.1") for _ in range(OF_ONE)] == [0] * OF_ONE
    assert strangers.wait_s("10.0.0.1") > 0
    assert strangers.wait_s("10.0.0.2") == 0
    now[0] = SPAN_S + 1
    assert strangers.wait_s("10.0.0.1") == 0


def test_a_crowd_of_addresses_gets_no_more_than_so_many_in_all() -> None:
    now = [0.0]
    strangers = Strangers(lambda: now[0])
    let_in = sum(strangers.wait_s(f"10.0.{number // 250}.{number % 250}") == 0 for number in range(5_000))
    assert let_in == OF_ALL
    now[0] = SPAN_S + 1
    assert strangers.wait_s("10.9.9.9") == 0
