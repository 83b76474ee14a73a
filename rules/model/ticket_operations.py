"""One edit of a ticket, of the campus or of the district: what both sides exchange, and what a merged ticket is folded from.

The rules by which they merge are `rules/packs/merging.yaml`; start reading at `rules.book.merging`.
"""

from typing import Literal

from rules.model.values import dataclass

Site = Literal["campus", "district"]
Range = tuple[str, int, int]
"""(line, first, last): the operations of a line from one number to another, both with it."""
Clock = tuple[int, int]
"""A hybrid logical clock: microseconds UTC, and a count for what comes within one of them."""


@dataclass(frozen=True, slots=True)
class Operation:
    """ticket: as it is said aloud, `lincoln-hs-187`. field, value: of the pack; values are text, `""` takes one away.

    line: whose numbering this is, where edits come one after the other: an epoch of the campus's journal, or the line that a
    hub's database began. number: in that line; of the campus the event's `seq`, of the district counted for each ticket.
    place: which of several of one field in one act. Line, number, field and place are given once, and are its `id`.

    seen: what of other lines its author had before them: ranges, in order, apart. Of its own line they had all before it.
    actor: an opaque id. hlc: by the author's clock. why: in words, of a state.
    stamp_us: the time that counts for it, as it was recorded where the other side first heard it (`merging.heard`); 0: not yet.
    """

    ticket: str
    site: Site
    line: str
    number: int
    field: str
    value: str
    seen: tuple[Range, ...]
    actor: str
    hlc: Clock
    place: int = 0
    why: str = ""
    stamp_us: int = 0

    @property
    def id(self) -> str:
        """Of its ticket's operations, this one."""
        return f"{self.line}:{self.number}:{self.field}:{self.place}"

    @property
    def counts_us(self) -> int:
        """The time that counts for it."""
        return self.stamp_us or self.hlc[0]
