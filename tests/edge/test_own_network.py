"""Our own networks: what answers there and is listed nowhere, a device that became another, and who lets a stranger in."""

import asyncio
import contextlib
import ipaddress
import shutil
import socket
import struct
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.neighbours import Neighbour, NoTable, parsed, parsed_v6
from edge.on_network import inventory
from edge.own_network import ASK_EVERY_S, Found, Inventory, OwnNetwork, judged
from edge.strangers import broker_open, camera_open
from rules.model.events import NetworkTold
from rules.state import State
from tests.edge.campus import D1, locked_down, quiet
from tests.edge.config.campuses import SOUND, checked, edit
from tests.flow.mosquitto import Broker

HEAD = "IP address       HW type     Flags       HW address            Mask     Device\n"
PLC_MAC, CAM_MAC, ODD = "00:30:de:00:00:01", "ac:cc:8e:00:00:02", "5e:11:22:33:44:55"
INVENTORY = Inventory(
    campus="hs",
    subnets=(ipaddress.ip_network("10.20.1.0/24"),),
    devices={"plc": ipaddress.ip_address("10.20.1.11"), "cam": ipaddress.ip_address("10.20.2.7")},
    known={ipaddress.ip_address("10.20.1.1"): ""},
)


def line(address: str, mac: str, flags: str = "0x2") -> str:
    return f"{address:<16} 0x1         {flags}         {mac}     *        eth0\n"


def seen(*lines: str) -> tuple[Neighbour, ...]:
    return tuple(parsed(HEAD + "".join(lines)))


PLC = line("10.20.1.11", PLC_MAC)
GATEWAY = line("10.20.1.1", "00:00:5e:00:01:01")
STRANGERS = (line("10.20.1.66", ODD), line("10.20.1.67", "b8:27:eb:00:00:09"))
ELSEWHERE = line("192.168.7.5", "b8:27:eb:00:00:07")


# --- the table --------------------------------------------------------------------------------


def test_who_answered_is_read_and_who_was_only_asked_for_is_not() -> None:
    asked = line("10.20.1.99", "00:00:00:00:00:00", "0x0")
    assert [str(one.address) for one in seen(PLC, asked)] == ["10.20.1.11"]
    assert seen(line("10.20.1.98", PLC_MAC, "0x0")) == ()
    assert [one.maker for one in seen(PLC, STRANGERS[0])] == ["00:30:de", "local"]


@given(st.text(max_size=300))
def test_a_table_in_another_form_is_passed_over(text: str) -> None:
    assert all(isinstance(one, Neighbour) for one in parsed(HEAD + text))


def told_v6(address: str, mac: str, state: int = 0x02, family: int = socket.AF_INET6) -> bytes:
    """One neighbour as rtnetlink tells it."""
    attributes = struct.pack("=HH16s", 20, 1, ipaddress.IPv6Address(address).packed)
    attributes += struct.pack("=HH6sxx", 10, 2, bytes.fromhex(mac.replace(":", "")))
    body = struct.pack("=BBHiHBB", family, 0, 0, 2, state, 0, 1) + attributes
    return struct.pack("=IHHII", 16 + len(body), 28, 2, 1, 0) + body


DONE_V6 = struct.pack("=IHHIIi", 20, 3, 2, 1, 0, 0)


def test_of_ipv6_who_answered_is_read_and_who_failed_is_not() -> None:
    data = told_v6("fd00::5", PLC_MAC) + told_v6("fd00::6", ODD, 0x20) + told_v6("fd00::7", ODD, 0x40)
    found, over = parsed_v6(data + told_v6("fd00::8", ODD, family=socket.AF_INET))
    assert ([str(one.address) for one in found], [one.mac for one in found], over) == (
        ["fd00::5"],
        [PLC_MAC],
        False,
    )
    assert parsed_v6(told_v6("fd00::5", PLC_MAC) + DONE_V6)[1]
    with pytest.raises(NoTable):
        parsed_v6(struct.pack("=IHHIIi", 20, 2, 0, 1, 0, -1))


@given(st.binary(max_size=200), st.integers(0, 90))
def test_an_answer_of_the_kernel_in_another_form_is_passed_over(data: bytes, cut: int) -> None:
    for one in (data, (told_v6("fd00::5", PLC_MAC) + data)[:cut]):
        with contextlib.suppress(NoTable):
            assert all(isinstance(each, Neighbour) for each in parsed_v6(one)[0])


def test_the_real_kernel_tells_its_neighbours_of_ipv6() -> None:
    """In a network of our own: a namespace, where the machine gives one."""
    script = (
        "ip link add d0 type veth peer name d1 && ip link set d0 up && ip link set d1 up && "
        f"ip -6 neigh add fd00::5 lladdr {PLC_MAC} dev d0 nud reachable && "
        f"ip -6 neigh add fd00::6 lladdr {ODD} dev d0 nud failed && "
        f"exec {sys.executable} -c 'from edge.neighbours import read_v6; print(*read_v6(), sep=chr(10))'"
    )
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        pytest.skip("no namespaces of networks here")
    done = subprocess.run(
        ["unshare", "-rn", "sh", "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    if "Operation not permitted" in done.stderr or "not supported" in done.stderr:
        pytest.skip("this machine gives no network of our own")
    assert done.returncode == 0, done.stderr
    assert (PLC_MAC in done.stdout, ODD in done.stdout) == (True, False)


# --- judging ----------------------------------------------------------------------------------


def test_what_is_in_no_inventory_is_one_flag_with_how_many_and_whose_make() -> None:
    found, _ = judged(INVENTORY, seen(PLC, GATEWAY, *STRANGERS, ELSEWHERE), {})
    assert ("unlisted_device", "hs", ("2", "local, b8:27:eb")) in found
    found, _ = judged(INVENTORY, seen(PLC, GATEWAY, ELSEWHERE), {})
    assert "unlisted_device" not in {code for code, _, _ in found}


def test_of_ipv6_a_listed_device_has_other_addresses_too_and_a_stranger_with_several_is_one() -> None:
    inventory = Inventory(
        "hs",
        (ipaddress.ip_network("10.20.1.0/24"), ipaddress.ip_network("fd00::/64")),
        {"plc": ipaddress.ip_address("10.20.1.11")},
    )
    data = told_v6("fd00::11", PLC_MAC) + told_v6("fd00::66", ODD) + told_v6("fd00::67", ODD)
    found, _ = judged(inventory, (*seen(PLC), *parsed_v6(data)[0]), {})
    assert [one for one in found if one[0] == "unlisted_device"] == [
        ("unlisted_device", "hs", ("1", "local"))
    ]


def test_a_device_that_is_another_than_it_was_is_told_until_its_new_mac_is_written_down() -> None:
    _, first = judged(INVENTORY, seen(PLC), {})
    assert first == {"plc": PLC_MAC}
    found, kept = judged(INVENTORY, seen(line("10.20.1.11", ODD)), first)
    assert ("device_mac_changed", "plc", (ODD, PLC_MAC)) in found
    assert kept == first, "the first one counts until somebody says otherwise"
    listed = Inventory(
        INVENTORY.campus, INVENTORY.subnets, INVENTORY.devices, {ipaddress.ip_address("10.20.1.11"): ODD}
    )
    found, kept = judged(listed, seen(line("10.20.1.11", ODD)), first)
    assert ("device_mac_changed", "plc") not in {(code, subject) for code, subject, _ in found}
    assert kept == {"plc": ODD}


def test_a_device_outside_of_the_safety_networks_is_told_and_modbus_is_said_once() -> None:
    found, _ = judged(INVENTORY, (), {"gone": "x"})
    assert found == [("device_off_subnet", "cam", ("10.20.2.7",))]
    modbus = Inventory("hs", INVENTORY.subnets, {}, {}, 3)
    assert judged(modbus, (), {}) == ([("modbus_asks_nobody", "hs", ("3",))], {})


# --- looking ----------------------------------------------------------------------------------


class Site:
    """A box with a table of neighbours of our own making."""

    def __init__(self, folder: Path) -> None:
        self.store, self.table = folder, folder / "arp"
        self.inventory: Inventory | None = INVENTORY
        self.state: State = quiet()
        self.told: list[tuple[Found, ...]] = []
        self.asked = 0
        self.stated: list[Found] = []
        self.network = self.start()

    def start(self) -> OwnNetwork:
        look = lambda: (self.inventory, self.ask, self.state, self.stated)  # noqa: E731
        return OwnNetwork(self.store, look, self._emit, self.table)

    async def ask(self) -> list[Found]:
        self.asked += 1
        return [("camera_open", "cam", ())]

    def _emit(self, event: NetworkTold) -> None:
        self.told.append(event.found)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = Site(tmp_path)
    made.table.write_text(HEAD + PLC)
    return made


async def test_ipv6_is_asked_for_only_where_a_safety_network_is_of_it(site: Site) -> None:
    asked: list[int] = []

    def of_v6() -> tuple[Neighbour, ...]:
        asked.append(1)
        return tuple(parsed_v6(told_v6("fd00::66", ODD))[0])

    site.network = OwnNetwork(
        site.store, lambda: (site.inventory, site.ask, site.state, []), site._emit, site.table, of_v6
    )
    await site.network.once(0)
    assert asked == []
    site.inventory = replace(INVENTORY, subnets=(*INVENTORY.subnets, ipaddress.ip_network("fd00::/64")))
    await site.network.once(60)
    assert len(asked) == 1
    assert ("unlisted_device", "hs", ("1", "local")) in site.told[-1]


async def test_what_changed_is_told_and_what_did_not_is_not(site: Site) -> None:
    await site.network.once(0)
    await site.network.once(60)
    assert len(site.told) == 1
    site.table.write_text(HEAD + PLC + STRANGERS[0])
    await site.network.once(120)
    assert {code for code, _, _ in site.told[-1]} == {"unlisted_device", "device_off_subnet", "camera_open"}


async def test_a_default_password_is_told_where_nobody_listens_to_the_network_too(site: Site) -> None:
    site.stated = [("password_default", "cam", ())]
    site.inventory = None
    await site.network.once(0)
    site.inventory = INVENTORY
    await site.network.once(60)
    assert site.told[0] == (("password_default", "cam", ()),)
    assert ("password_default", "cam", ()) in site.told[1]


async def test_a_mac_is_remembered_over_a_restart_and_by_nobody_else(site: Site) -> None:
    await site.network.once(0)
    kept = site.store / "neighbours.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    site.network = site.start()
    site.table.write_text(HEAD + line("10.20.1.11", ODD))
    await site.network.once(0)
    assert ("device_mac_changed", "plc", (ODD, PLC_MAC)) in site.told[-1]
    kept.write_text("garbage")
    await site.network.once(60)
    assert "device_mac_changed" not in {code for code, _, _ in site.told[-1]}


async def test_a_table_that_cannot_be_read_is_told_and_without_subnets_nobody_looks(site: Site) -> None:
    site.table.unlink()
    await site.network.once(0)
    assert "network_not_read" in {code for code, _, _ in site.told[-1]}
    site.inventory = None
    await site.network.once(60)
    assert site.told[-1] == ()


async def test_devices_are_asked_once_a_day_and_never_in_an_incident(site: Site) -> None:
    site.state = locked_down({D1: "secured"})
    await site.network.once(0)
    assert site.asked == 0
    site.state = quiet()
    await site.network.once(700)
    await site.network.once(800)
    assert site.asked == 1
    await site.network.once(700 + ASK_EVERY_S)
    assert site.asked == 2


# --- asking -----------------------------------------------------------------------------------


@asynccontextmanager
async def answering(answer: Callable[[bytes], bytes]) -> AsyncIterator[tuple[int, list[bytes]]]:
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(4_096))
        writer.write(answer(heard[-1]))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], heard


@pytest.mark.parametrize(
    ("line_", "opened"),
    [
        (b"RTSP/1.0 200 OK\r\n\r\n", True),
        (b"RTSP/1.0 401 Unauthorized\r\n\r\n", False),
        (b"garbage of any kind", False),
        (b"", False),
    ],
)
async def test_a_camera_that_describes_its_stream_to_a_stranger_is_open(line_: bytes, opened: bool) -> None:
    async with answering(lambda _: line_) as (port, heard):
        assert await camera_open("127.0.0.1", port, "rtsp://cam/stream1") is opened
    assert b"Authorization" not in heard[0]


async def test_what_does_not_answer_is_not_known_to_be_open() -> None:
    async with answering(lambda _: b"") as (port, _):
        pass
    assert not await camera_open("127.0.0.1", port, "rtsp://cam/stream1")
    assert not await broker_open("127.0.0.1", port, None)


async def test_a_real_broker_is_open_to_a_stranger_until_it_asks_who_is_there(tmp_path: Path) -> None:
    broker = Broker(tmp_path / "broker")
    try:
        assert await broker_open("127.0.0.1", broker.port, None)
        broker.end()
        conf = tmp_path / "broker" / "mosquitto.conf"
        conf.write_text(conf.read_text().replace("allow_anonymous true", "allow_anonymous false"))
        broker.start()
        assert not await broker_open("127.0.0.1", broker.port, None)
    finally:
        broker.end()


# --- what is configured -----------------------------------------------------------------------

NETWORK = 'policies:\n  network: {safety_subnets: [10.20.1.0/24], known: ["10.20.1.9 02:42:AC:11:00:02"]}\n'


def test_the_inventory_is_what_the_configuration_has_at_an_address() -> None:
    found = checked(edit(SOUND, ("policies:\n", NETWORK))).config
    assert found is not None
    made = inventory(found)
    assert made is not None
    assert {name: str(address) for name, address in made.devices.items()} == {"plc": "10.20.1.11"}
    assert made.known[ipaddress.ip_address("10.20.1.9")] == "02:42:ac:11:00:02"
    assert (made.modbus, made.campus) == (1, "lincoln-hs")
    bare = checked(SOUND).config
    assert bare is not None
    assert inventory(bare) is None


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("10.20.1.0/24", "10.20.1.7/24", "no subnet"),
        ("10.20.1.0/24", "safety", "no subnet"),
        ("10.20.1.9 02:42:AC:11:00:02", "10.20.1.9 02:42", "no neighbour"),
        ("10.20.1.9 02:42:AC:11:00:02", "gateway", "no neighbour"),
    ],
)
def test_a_network_that_is_none_is_refused_with_what_to_write(old: str, new: str, what: str) -> None:
    found = checked(edit(SOUND, ("policies:\n", NETWORK.replace(old, new))))
    assert any(what in problem.what for problem in found.problems), found.problems
