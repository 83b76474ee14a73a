"""The accounts of one run, tied to its journal and its live picture."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from edge.journal.journal import Journal
from edge.journal.writer import JournalRefused
from edge.people.people import People
from rules.model.account_facts import AccountAdded, SessionOpened, TokenCreated
from rules.model.facts import Entry
from rules.model.moments import Instant
from rules.state import State

if TYPE_CHECKING:
    from edge.daemon import Daemon


TELL_OF_SOMEBODY: Final = (AccountAdded.KIND, SessionOpened.KIND, TokenCreated.KIND)
"""Kinds that a box without accounts never wrote."""


def accounts(daemon: "Daemon", store: Path, boot: str) -> People:
    """They tell their facts to the journal, their trouble as conditions, and ask what is live."""

    def live_since(silent: bool) -> Instant | None:
        """When the first of the live incidents began, silent ones only where asked for."""
        live = daemon.appliance.state.record.incidents.values()
        began = [one.opened for one in live if silent or not one.silent]
        return min(began, key=lambda at: at.utc_us, default=None)

    campus = daemon.setting.config.campus
    return People(
        store,
        campus=campus.name,
        campus_id=campus.id,
        tell=lambda fact, subject, actor: daemon.enter(Entry(fact, subject, actor)),
        condition=daemon.condition,
        live_since=live_since,
        had_accounts=lambda: had_accounts(daemon.journal),
        boot=boot,
    )


async def had_accounts(journal: Journal) -> bool | None:
    """Whether the record knows of accounts; None: it cannot be asked."""
    try:
        if await journal.any_of(*TELL_OF_SOMEBODY):
            return True
        # Those that told of it may have had their time: a box that old is no new one.
        return any(one.dropped is not None for one in await journal.segments())
    except JournalRefused:
        return None


def note(people: People, before: State, after: State) -> None:
    """Tell them of each incident that began."""
    if after.record.incidents is before.record.incidents:
        return
    for one in after.record.incidents.values():
        if one.id not in before.record.incidents:
            people.incident_began(silent=one.silent)
