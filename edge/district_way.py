"""The daemon's way to the district, wired where one is configured: nothing of it is loaded on a campus without one."""

from functools import partial
from typing import TYPE_CHECKING

from edge import wiring
from edge.config.pack_district import shared
from rules.model.ids import IncidentId

if TYPE_CHECKING:
    from edge.daemon import Daemon
    from edge.district_link import DistrictLink


def configured(daemon: "Daemon", link: "DistrictLink | None") -> "DistrictLink | None":
    """The link, told what the accepted configuration says; made and run where there was none before."""
    config = daemon.setting.config
    opened = wiring.district(config, daemon.setting.secrets, daemon.store)
    if link is None and opened is not None:
        from edge.district_asks import apply
        from edge.district_link import DistrictLink

        def live(incident: str) -> bool:
            found = daemon.appliance.state.record.incidents.get(IncidentId(incident))
            return found is not None and found.kind == "real"

        def any_live() -> bool:
            return any(one.kind == "real" for one in daemon.appliance.state.record.incidents.values())

        journal = daemon.journal
        link = DistrictLink(
            daemon.appliance.emit,
            journal,
            lambda: daemon.appliance.hurried,
            live,
            any_live,
            lambda acknowledged: journal.keep_unsynced(
                daemon.setting.config.district is not None, acknowledged
            ),
            partial(apply, daemon),
            lambda: daemon.appliance.state.record.directive,
        )
        daemon.committed.listen(link.grew)
        daemon.keep_part("district", link.run(daemon.page_opened))
    if link is not None:
        families = () if config.district is None else tuple(one.what for one in config.district.shares)
        link.configure(opened, shared(families))
    return link
