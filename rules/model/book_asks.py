"""What persons and programs ask of the book: assets, tickets, inspections. Each is decided in the book's own process.

The counterpart of `events.Asked`, which the daemon's loop decides. `VERB` is its name on the wire.
"""

from collections.abc import Mapping
from typing import ClassVar, Final, get_args

from rules.model.assessment_asks import AssessmentAsk
from rules.model.asset_asks import AssetAsk, WriteAsset
from rules.model.bundle_facts import BundleRefused, BundleTaken
from rules.model.exterior_asks import SignSweep
from rules.model.floorplan_asks import FloorplanAsk
from rules.model.inspection_asks import InspectionAsk
from rules.model.ticket_asks import TicketAsk
from rules.model.values import dataclass

__all__ = ["ASKS", "BookAsk", "WriteAsset"]


@dataclass(frozen=True, slots=True)
class RecordBundle:
    """Record that a list of published flaws was taken in, or refused: its process has done so already.

    taken, refused: one of the two.
    """

    VERB: ClassVar[str] = "bundle.record"
    taken: BundleTaken | None = None
    refused: BundleRefused | None = None


BookAsk = AssetAsk | TicketAsk | InspectionAsk | AssessmentAsk | SignSweep | RecordBundle | FloorplanAsk
ASKS: Final[Mapping[str, type[BookAsk]]] = {one.VERB: one for one in get_args(BookAsk)}
"""By verb."""
