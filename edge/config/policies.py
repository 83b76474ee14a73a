"""What the site has chosen, and what a campus as a whole must have: perimeter, time zone, routes."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from edge.config.calendar_checks import check_calendar
from edge.config.collect import nearest
from edge.config.devices import ALWAYS, MailOutput, SmsOutput, WebhookOutput
from edge.config.model import Config, FloorplanPolicy
from edge.config.pack_drills import day, shipped_drills
from edge.config.pack_inspections import shipped_inspections
from edge.config.pack_tickets import shipped_tickets
from edge.config.report import Report


def check_policies(config: Config, hurt: set[str], report: Report) -> None:
    """The perimeter choice with its approval, a known time zone, routes to 911 with an agreement."""
    if not any(problem.path == "campus.timezone" for problem in report.problems):
        _check_timezone(config.campus.timezone, report)
    if "policies" not in hurt:
        _check_perimeter(config, report)
        _check_tickets(config, report)
        _check_floorplans(config, report)
        _check_inspections(config, report)
        _check_roles(config, report)
        _check_drills(config, report)
        if config.policies.calendar is not None:
            check_calendar(config.policies.calendar, report)
            _check_told(config, report)
    for route in config.dispatch:
        if route.agreement is None:
            what = "is disabled: no agreement with the centre is recorded"
            do = "add agreement: {party, date, test} once the centre has agreed in writing"
            report.note(f"dispatch[{route.id}].id", what, do)
    for output in config.outputs:
        if output.commissioned is None:
            what = "is never switched or sent to: it was not commissioned"
            report.note(f"outputs[{output.id}].id", what, "try it out and add commissioned: with the date")


def _check_timezone(name: str, report: Report) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        do = nearest(name, sorted(available_timezones())) or "write a name of the IANA list: America/Chicago"
        report.refuse("campus.timezone", f"there is no time zone {name!r}", do)


def _check_perimeter(config: Config, report: Report) -> None:
    """No default: whether lockdown locks the outside is the site's choice, and somebody answers for it."""
    exterior = next((door for door in config.doors if door.kind == "exterior"), None)
    policies = config.policies
    if exterior is None:
        return
    if policies.perimeter_on_lockdown is None:
        what = f"{exterior.id!r} is an exterior door, and nobody chose what lockdown does to the perimeter"
        do = "decide with the responders and write perimeter_on_lockdown: lock or leave under policies:"
        keys = "policies.perimeter_on_lockdown" if report.place("policies") else f"doors[{exterior.id}].kind"
        report.refuse(keys, what, do)
    if policies.perimeter_approved is None:
        what = "nobody is named who approved the perimeter choice"
        do = "add perimeter_approved: {by, date, responder_access} under policies:"
        keys = "policies.perimeter_approved" if report.place("policies") else f"doors[{exterior.id}].kind"
        report.refuse(keys, what, do)


def _check_told(config: Config, report: Report) -> None:
    """While a calendar is there, each of its times should reach somebody by a written word."""
    ways = [one for one in config.outputs if isinstance(one, MailOutput | SmsOutput | WebhookOutput)]
    for mode in ALWAYS:
        if ways and not any(mode in one.hours for one in ways):
            what = f"nobody is written to in the time {mode}, so every route is told then"
            report.note("policies.calendar", what, f"give an output hours: [{mode}]")


def _check_floorplans(config: Config, report: Report) -> None:
    said, usual = config.policies.floorplans, FloorplanPolicy()
    if said.points > usual.points or said.things > usual.things:
        what = (
            f"a floor plan may draw {said.things} things and {said.points} points, which a phone draws slowly"
        )
        do = f"leave out furniture and hatching, and keep to {usual.things} and {usual.points} where that is enough"
        report.note("policies.floorplans", what, do)
    if said.points < said.things:
        what = f"{said.points} points are fewer than the {said.things} things that they draw"
        report.refuse("policies.floorplans.points", what, "write at least as many points as things")


def _check_tickets(config: Config, report: Report) -> None:
    pack = shipped_tickets()
    known = [one.id for one in pack.steps] + [one.id for one in pack.opens]
    for name in config.policies.tickets.after:
        if name not in known:
            what = f"there is no step or opening {name!r} in rules/packs/escalation.yaml"
            report.refuse("policies.tickets.after", what, nearest(name, known) or "write an id that is there")


def _check_inspections(config: Config, report: Report) -> None:
    said, checks = config.policies.inspections, shipped_inspections().checks
    certificates = sorted({one.certificate for one in checks.values()} - {""})
    asked = [("every", name, sorted(checks)) for name in said.every]
    asked += [("off", name, sorted(checks)) for name in said.off]
    asked += [("certified", name, certificates) for one in said.certified for name in one.holds]
    for key, name, known in asked:
        if name not in known:
            of = "certificate" if key == "certified" else "check"
            what = f"there is no {of} {name!r} in rules/packs/inspections.yaml"
            do = nearest(name, known) or "write one that is there"
            report.refuse(f"policies.inspections.{key}", what, do)


def _check_roles(config: Config, report: Report) -> None:
    """One person does not stand in for themselves; a role without two who stand in is worth knowing."""
    roles = [one.role for one in config.policies.incident_roles]
    for one in config.policies.incident_roles:
        path = "policies.incident_roles"
        names = [name.casefold() for name in (one.primary, *one.deputies)]
        if roles.count(one.role) > 1:
            report.refuse(path, f"{one.role} is there twice", "name its primary and its deputies in one row")
        if len(set(names)) < len(names):
            report.refuse(path, f"somebody stands in for themselves as {one.role}", "name each person once")
        if len(one.deputies) < 2:
            what = f"{one.role} has fewer than two deputies: on a day off nobody holds it"
            report.note(path, what, "add deputies: [first, second]")


def _check_drills(config: Config, report: Report) -> None:
    said, laws = config.policies.drills, shipped_drills()[1]
    if said is None:
        return
    if said.law not in laws:
        what = f"there is no drill law {said.law!r} in rules/packs/drills.yaml"
        report.refuse(
            "policies.drills.law", what, nearest(said.law, sorted(laws)) or f"write one of {', '.join(laws)}"
        )
    for key, text in (("first_day", said.first_day), ("last_day", said.last_day)):
        try:
            day(text or "08-01")
        except ValueError:
            report.refuse(
                f"policies.drills.{key}", f"{text!r} is no day of a year", "write month and day: 08-24"
            )
