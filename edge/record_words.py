"""Words for the record's own flags: what happened, what still works, what to do."""

from collections.abc import Mapping
from typing import Final

FLAGS: Final[Mapping[str, tuple[str, str]]] = {
    "journal_refused": (
        "Events are not being recorded in the journal",
        "Doors still lock. The disk refused: {0}. Free or replace the disk; nothing is lost while the box runs.",
    ),
    "journal_hung": (
        "The disk does not answer",
        "Doors still lock; events wait in memory and in the spill. Look at the disk before the box is switched off.",
    ),
    "journal_shed": (
        "Routine events are let go of",
        "No disk takes anything and memory is bounded. Doors, presses and verdicts are kept: replace the disk.",
    ),
    "journal_corrupt": (
        "The journal on disk was damaged",
        "It was set aside; a new epoch follows what could be saved. Doors still lock: keep the disk.",
    ),
    "journal_rebuilt": (
        "The journal was damaged and put together again",
        "No event of it is missing. What was damaged is kept beside it: look at the disk, it may be failing.",
    ),
    "sealed_lost": (
        "Names or texts in the record were lost",
        "Every event holds, but {0} sealed values could not be read. Keep the disk and what was set aside.",
    ),
    "copy_refused": (
        "There is no good copy of the journal",
        "Events are recorded. A journal damaged now could not be put together again ({0}). Look at the disk.",
    ),
    "store_gone": (
        "The store of this box is gone",
        "Its disk is not mounted, or it was deleted. Doors still lock; events wait in memory. Bring it back, do not restart.",
    ),
    "journal_new_epoch": (
        "The journal could not go on where it ended",
        "A new epoch began ({0}). Doors lock and events are recorded: run `campus-edge verify-journal`, keep the disk.",
    ),
    "journal_damaged": (
        "Events in the journal can no longer be read",
        "Number {0} is one. The others are kept, doors still lock: run `campus-edge verify-journal`, restore a backup.",
    ),
    "views_refused": (
        "Lists and history cannot be kept up",
        "Doors lock and events are recorded; lists are old. What the disk said: {0}. Look at the store directory.",
    ),
    "journal_missing": (
        "The journal was missing at start",
        "A new one began. Doors still lock: find out who removed it, and restore it from a backup.",
    ),
    "events_lost": (
        "The end of the journal was lost",
        "What stands was rebuilt from the witness, in a new epoch. Check every door; ask what happened to the disk.",
    ),
    "chain_broken": (
        "The journal's chain is broken",
        "A new epoch began. Doors still lock: run `campus-edge verify-journal`, and keep the disk as evidence.",
    ),
    "witness_refused": (
        "The head witness cannot be written",
        "Events are recorded; a cut end would not be noticed. The disk refused: {0}. Look at the store directory.",
    ),
    "spill_refused": (
        "The spill beside the journal cannot be written",
        "Doors still lock. If the journal fails too, events are lost at a power cut. The disk refused: {0}.",
    ),
    "signing_refused": (
        "Checkpoints cannot be signed",
        "Events are recorded and chained. {0}. Put the key back into the store directory from its backup.",
    ),
    "signing_key_new": (
        "The record is signed with a new key",
        "The old one is gone; {0} signs from now on. Put the old key back from its backup, or hand out the new public key.",
    ),
    "snapshot_refused": (
        "The record's snapshot cannot be written",
        "Events are recorded; the next start takes longer. The disk refused: {0}.",
    ),
    "row_salvaged": (
        "An event could not be recorded as it was",
        "Doors still lock. It was kept in a plainer form ({0}): keep the log, call the maker.",
    ),
}
