"""What the site has chosen, and what a campus as a whole must have: perimeter, time zone, routes."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from edge.config.collect import nearest
from edge.config.model import Config
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
        _check_inspections(config, report)
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
