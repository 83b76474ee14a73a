"""What the district may ask of a campus by a directive: each kind is applied whole by what decides such things, or refused.

Nothing here ends, releases, mutes or starts anything: there is no kind that could.
"""

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec
import structlog

from drivers.clock import instant
from edge.district.messages import Directed
from edge.operations import NotDone
from rules.model.district_facts import DirectiveEnded
from rules.model.ids import Actor
from rules.model.ticket_asks import MergeTicket
from rules.model.ticket_operations import Operation

if TYPE_CHECKING:
    from edge.daemon import Daemon

log = structlog.get_logger(__name__)

DISTRICT: Final = Actor("district")
AGAIN_S: Final = 2.0
RECORDED_S: Final = 0.02
AWAY: Final = frozenset({"book_away", "book_silent", "book_busy", "book_behind"})
"""Nobody decided: the same one is asked again, and none behind it before."""


class _Merge(msgspec.Struct, forbid_unknown_fields=True):
    operation: dict[str, Any]
    sent_us: int = 0


async def apply(daemon: "Daemon", directed: Directed) -> None:
    """Apply or refuse one, and return once its answer is in the record."""
    code = await _applied(daemon, directed)
    if code:
        log.warning(
            "a directive was refused", number=directed.number, directive=directed.directive, code=code
        )
    daemon.appliance.emit(DirectiveEnded(instant(), directed.number, directed.directive, code))
    while daemon.appliance.state.record.directive < directed.number:  # noqa: ASYNC110  # one turn of the loop, at most some
        await asyncio.sleep(RECORDED_S)


async def _applied(daemon: "Daemon", directed: Directed) -> str:
    """What it was refused for; `""`: applied."""
    while not _expired(directed, datetime.now(UTC)):
        try:
            match directed.directive:
                case "ticket.merge/1":
                    live = bool(daemon.appliance.state.record.incidents)
                    await daemon.operations.ask(DISTRICT, merge_of(directed.args, live=live))
                case _:
                    return "unknown_kind"
        except ValueError:
            return "bad_request"
        except NotDone as err:
            if err.code not in AWAY:
                return err.code
            await asyncio.sleep(AGAIN_S)
        else:
            return ""
    return "expired"


def merge_of(args: dict[str, Any], *, live: bool) -> MergeTicket:
    """An edit of a ticket as it was directed. Raises ValueError."""
    try:
        said = msgspec.convert(args, _Merge)
        operation = msgspec.convert(said.operation, Operation)
    except (msgspec.ValidationError, RecursionError) as err:
        raise ValueError(str(err)) from None
    return MergeTicket(operation, said.sent_us, live)


def _expired(directed: Directed, now: datetime) -> bool:
    if directed.expires is None:
        return False
    try:
        return datetime.fromisoformat(directed.expires) <= now
    except (ValueError, TypeError):
        return True  # when it ends is not known: it has
