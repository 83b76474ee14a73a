"""Our own networks: who answers there and is in no inventory, whose MAC changed, who asks for no password.

It listens: the kernel's neighbours are read once a minute. Only what is configured is asked, once a day, never in an incident.
"""

import asyncio
import contextlib
import ipaddress
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import field
from pathlib import Path
from typing import Final

import msgspec

from drivers.clock import instant
from edge.neighbours import ARP, Neighbour, read, read_v6
from rules.model.events import NetworkTold
from rules.model.values import dataclass
from rules.state import State

EVERY_S: Final = 60.0
FIRST_S: Final = 20.0
ASK_EVERY_S: Final = 86_400.0
ASK_AGAIN_S: Final = 600.0
MOST_MAKERS: Final = 5
NAME: Final = "neighbours.json"
_LONGEST: Final = 1_000_000
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Found = tuple[str, str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Inventory:
    """What is configured. devices: address by id, where it is written as one. known: MAC by address, `""`: any.

    modbus: how many controllers speak it over a network. campus: the subject of what concerns no one device.
    """

    campus: str
    subnets: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]
    devices: Mapping[str, Address]
    known: Mapping[Address, str] = field(default_factory=dict)
    modbus: int = 0


def judged(
    inventory: Inventory, seen: Iterable[Neighbour], before: Mapping[str, str]
) -> tuple[list[Found], dict[str, str]]:
    """(what is wrong, the MAC of each device to be remembered). before: MAC by device, as it was first heard.

    A device that was replaced is known by its new MAC in the configuration; until then the one that was first heard counts.
    """
    found: list[Found] = []
    macs = {one.address: one for one in seen if any(one.address in net for net in inventory.subnets)}
    listed = {*inventory.devices.values(), *inventory.known}
    # Whoever speaks IPv6 has several addresses there, and takes others by itself: one that is listed is known by its MAC too.
    ours = {one.mac for address, one in macs.items() if address in listed}
    strangers = {
        one.mac: one
        for address, one in sorted(macs.items(), key=lambda pair: str(pair[0]))
        if address not in listed and not (address.version == 6 and one.mac in ours)
    }
    if strangers:
        makers = [
            maker for maker, _ in Counter(one.maker for one in strangers.values()).most_common(MOST_MAKERS)
        ]
        found.append(("unlisted_device", inventory.campus, (str(len(strangers)), ", ".join(makers))))
    kept = {name: mac for name, mac in before.items() if name in inventory.devices}
    for name, address in inventory.devices.items():
        if not any(address in net for net in inventory.subnets):
            found.append(("device_off_subnet", name, (str(address),)))
        here = macs.get(address)
        if here is None:
            continue
        wanted = inventory.known.get(address) or kept.get(name, here.mac)
        kept[name] = wanted
        if here.mac != wanted:
            found.append(("device_mac_changed", name, (here.mac, wanted)))
    if inventory.modbus:
        found.append(("modbus_asks_nobody", inventory.campus, (str(inventory.modbus),)))
    return found, kept


Ask = Callable[[], Awaitable[list[Found]]]
"""Asks each configured device whether it lets a stranger in."""


class OwnNetwork:
    """Belongs to the loop's thread.

    look: the inventory, None: nobody listens; what to ask; the state now; what the configuration itself gives away.
    """

    def __init__(
        self,
        store: Path,
        look: Callable[[], tuple[Inventory | None, Ask, State, list[Found]]],
        emit: Callable[[NetworkTold], None],
        table: Path = ARP,
        of_v6: Callable[[], tuple[Neighbour, ...]] = read_v6,
    ) -> None:
        self._path = store / NAME
        self._look = look
        self._emit = emit
        self._table = table
        self._of_v6 = of_v6
        self._asked: list[Found] = []
        self._ask_at_s = 0.0
        self._said: tuple[Found, ...] | None = None

    async def run(self) -> None:
        """Once a minute, until cancelled."""
        await asyncio.sleep(FIRST_S)
        while True:
            await self.once(asyncio.get_running_loop().time())
            await asyncio.sleep(EVERY_S)

    async def once(self, now_s: float) -> None:
        """One look; told when it differs from the last."""
        inventory, ask, state, stated = self._look()
        if inventory is None:
            self._tell(tuple(stated))
            return
        if now_s >= self._ask_at_s:
            if state.record.incidents:
                self._ask_at_s = now_s + ASK_AGAIN_S
            else:
                self._ask_at_s = now_s + ASK_EVERY_S
                self._asked = await ask()
        try:
            found = await asyncio.to_thread(self._judged, inventory)
        except OSError as err:
            found = [("network_not_read", inventory.campus, (err.strerror or type(err).__name__,))]
        self._tell((*found, *self._asked, *stated))

    def _judged(self, inventory: Inventory) -> list[Found]:
        seen = read(self._table)
        if any(net.version == 6 for net in inventory.subnets):
            seen += self._of_v6()
        before = self._remembered()
        found, kept = judged(inventory, seen, before)
        if kept != before:
            with contextlib.suppress(OSError):  # it is learned again; a full disk has a flag of its own
                new = self._path.with_name(f"{NAME}.new")
                new.write_bytes(msgspec.json.encode(kept))
                new.chmod(0o600)
                new.replace(self._path)
        return found

    def _remembered(self) -> dict[str, str]:
        try:
            with self._path.open("rb") as file:
                return msgspec.json.decode(file.read(_LONGEST), type=dict[str, str])
        except (OSError, msgspec.MsgspecError):
            return {}

    def _tell(self, found: tuple[Found, ...]) -> None:
        if found != self._said:
            self._said = found
            self._emit(NetworkTold(instant(), found))
