"""All that the book's process enters into the journal, but for its flags."""

from rules.model.assessment_facts import AssessmentFact
from rules.model.asset_facts import AssetFact
from rules.model.bundle_facts import BundleFact
from rules.model.exterior_facts import ExteriorFact
from rules.model.floorplan_facts import FloorplanFact
from rules.model.inspection_facts import InspectionFact
from rules.model.ticket_facts import TicketFact

BookFact = (
    AssetFact | BundleFact | TicketFact | InspectionFact | AssessmentFact | ExteriorFact | FloorplanFact
)
