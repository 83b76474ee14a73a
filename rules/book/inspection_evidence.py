"""What stands beside a signature, or in its place: photos, and the press of a button that a walk-test heard."""

from collections.abc import Iterator
from typing import Final

from rules.book import restating
from rules.book.asset_fields import date_of, day_of
from rules.book.book import Book
from rules.book.decision import Now, Refused
from rules.book.inspection import DAY_ONE, DAY_US
from rules.book.inspection_fold import NAME
from rules.book.inspections import OLDEST_DAYS
from rules.book.steps import ASKED
from rules.book.tickets import is_sha256
from rules.model.facts import Because, Entry
from rules.model.ids import Actor
from rules.model.inspection_asks import PhotographInspection
from rules.model.inspection_facts import InspectionPhotographed, InspectionSigned
from rules.model.selftest import link_name

MOST_PHOTOS: Final = 20
"""Of one inspection."""
WALKED: Final = Because("walk_test")


def photograph(book: Book, asked: PhotographInspection, actor: Actor) -> Iterator[Entry]:
    """Add photos to one that was signed. Raises Refused."""
    known = book.filed.get(asked.inspection)
    if known is None:
        raise Refused("unknown_inspection", ("inspection", asked.inspection))
    if not asked.photos or not all(map(is_sha256, asked.photos)):
        raise Refused("bad_photos")
    if known.photos + len(asked.photos) > MOST_PHOTOS:
        raise Refused("photos_full", ("most", MOST_PHOTOS))
    fact = InspectionPhotographed(asked.inspection, len(asked.photos), asked.photos)
    yield Entry(fact, known.asset, actor, because=ASKED)


def walked(book: Book, now: Now) -> Iterator[Entry]:
    """Buttons whose press came through in a walk-test on a day after they were last inspected.

    What a person found wrong stays so until a person signs that it is right: a walk-test tries less than a person does.
    """
    checks = [one for one in book.campus.inspections.checks.values() if one.walk_test and not one.off]
    number = book.numbers.get(NAME, 0)
    for name, press in book.walked.items() if checks else ():
        asset, device = book.assets.get(name), book.campus.devices.get(name)
        # A self-test that finds out what a press of it would come to, and is not content, weighs more than that it was heard.
        broken = ("link_not_proven", link_name("decision", name)) in book.flags
        if asset is None or device is None or device.kind != "button" or asset.state == "retired" or broken:
            continue
        # By UTC, and never after the campus's own day: it may count a day less, never one more.
        day = min(date_of(DAY_ONE + press.at_us // DAY_US), date_of(now.day))
        if press.at_us < asset.since_us or day_of(day) < now.day - OLDEST_DAYS:
            continue
        known = book.inspected.get(name)
        for check in checks:
            signed = [one for one in (known.signed if known is not None else ()) if one.check == check.id]
            latest = max(signed, key=lambda one: (one.day, one.number), default=None)
            if latest is not None and (latest.day >= day_of(day) or not latest.passed):
                continue
            number += 1
            age = () if press.age_us is None else (("age_ms", str(press.age_us // 1_000)),)
            evidence = (("press", press.press), ("at_us", str(press.at_us)), *age)
            pack = book.campus.inspections
            fact = InspectionSigned(
                number, asset.id, check.id, pack.version, pack.sha256, day, "passed", 0, "", 0, (), (), (),
                evidence=evidence,
            )  # fmt: skip
            yield Entry(fact, asset.id, restating.RULE, because=WALKED)
