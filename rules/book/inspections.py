"""What persons ask about inspections: sign, correct, import; and what is said again before retention lets go of it."""

import re
from collections.abc import Iterator
from typing import Final

from rules.book import restating
from rules.book.asset_fields import LONGEST_TEXT, date_of, day_of, is_date, is_text
from rules.book.book import Asset, Book
from rules.book.decision import Now, Refused
from rules.book.inspection import Signed, checks_of
from rules.book.inspection_fold import NAME, line_of
from rules.book.inspection_pack import Check, FormField
from rules.book.steps import ASKED
from rules.book.tickets import is_sha256
from rules.model.asset_facts import Pairs
from rules.model.facts import Because, Entry
from rules.model.ids import Actor, AssetId
from rules.model.inspection_asks import ImportInspections, InspectionLine, SignInspection
from rules.model.inspection_facts import InspectionBatchTurned, InspectionSigned, InspectionsKept, Result

OLDEST_DAYS: Final = 60
"""How long what was signed without a network may have waited on a phone."""
OLDEST_IMPORTED: Final = "1990-01-01"
MOST_LINES: Final = 40
MOST_ROWS: Final = 100_000
GIVEN_UP_US: Final = 3_600_000_000
"""An import of which nothing was heard for so long is never taken."""
_NUMBER: Final = re.compile(r"-?\d{1,9}(\.\d{1,3})?", re.ASCII)
_KEY: Final = re.compile(r"[A-Za-z0-9:-]{0,64}", re.ASCII)


def sign(book: Book, asked: SignInspection, actor: Actor, now: Now) -> Iterator[Entry]:
    """Sign for one. The same key once more comes to nothing. Raises Refused."""
    if not _KEY.fullmatch(asked.key):
        raise _bad("key", asked.key)
    if asked.key and asked.key in book.inspection_keys:
        return
    asset, check = _known(book, asked.asset, asked.check)
    day = _day(asked.day, asset, now)
    if asked.role not in check.roles:
        raise Refused("not_to_sign", ("check", check.id), ("roles", ", ".join(check.roles)))
    person, reason = asked.person.strip(), asked.reason.strip()
    if not is_text(person):
        raise _bad("person", person)
    certificate = _certificate(book, check, person, day)
    _corrected(book, asked, reason)
    fields, texts, expires, failed = judged(check, asked.answers, day)
    number = book.numbers.get(NAME, 0) + 1
    pack = book.campus.inspections
    result: Result = "failed" if failed else "passed"
    fact = InspectionSigned(
        number, asset.id, check.id, pack.version, pack.sha256, day, result, asked.corrects, asked.key, 0,
        fields, failed, expires, texts, person, certificate, reason,
    )  # fmt: skip
    yield Entry(fact, asset.id, actor, because=ASKED)


def judged(check: Check, answers: Pairs, day: str) -> tuple[Pairs, Pairs, Pairs, tuple[str, ...]]:
    """(what was answered, in words, what runs out, what was not passed) on a day. Raises Refused."""
    said = dict(answers)
    if len(said) != len(answers):
        raise Refused("said_twice")
    known = {one.id: one for one in check.form}
    for name in said:
        if name not in known:
            raise Refused("unknown_answer", ("field", name[:64]), ("check", check.id))
    fields: list[tuple[str, str]] = []
    texts: list[tuple[str, str]] = []
    expires: list[tuple[str, str]] = []
    failed: list[str] = []
    for name, field in known.items():
        value = said.get(name, "").strip()
        if not value:
            if not field.optional:
                raise Refused("not_answered", ("field", name), ("check", check.id))
            continue
        if not _holds(field, value):
            raise Refused("bad_answer", ("field", name), ("value", value[:64]))
        (texts if field.kind == "text" else fields).append((name, value))
        if field.expires:
            expires.append((name, value))
        if not _passes(field, value, day):
            failed.append(name)
    return tuple(sorted(fields)), tuple(sorted(texts)), tuple(sorted(expires)), tuple(failed)


def _holds(field: FormField, value: str) -> bool:
    match field.kind:
        case "yes_no":
            return value in ("yes", "no")
        case "number":
            return _NUMBER.fullmatch(value) is not None and field.least <= float(value) <= field.most
        case "date":
            return is_date(value)
        case "choice":
            return value in {one.word for one in field.choices}
        case _:
            return is_text(value)


def _passes(field: FormField, value: str, day: str) -> bool:
    if field.expires:
        return value >= day
    if field.good is not None:
        return field.good[0] <= float(value) <= field.good[1]
    return not field.passes or value in field.passes


def _known(book: Book, name: AssetId, check_id: str) -> tuple[Asset, Check]:
    asset = book.assets.get(name)
    if asset is None:
        raise Refused("unknown_asset", ("asset", name[:64]))
    check = book.campus.inspections.checks.get(check_id)
    if check is None:
        raise Refused("unknown_check", ("check", check_id[:64]))
    if check.off:
        raise Refused("check_off", ("check", check.id), ("why", check.off))
    if check not in checks_of(book, asset, book.campus.inspections.by_type()):
        raise Refused("no_such_check", ("check", check.id), ("asset", asset.id))
    if asset.state == "retired":
        raise Refused("owes_nothing", ("asset", asset.id))
    return asset, check


def _day(said: str, asset: Asset, now: Now) -> str:
    day = said or date_of(now.day)
    # A phone's clock may be a day ahead of the campus's.
    if not is_date(day) or not now.day - OLDEST_DAYS <= day_of(day) <= now.day + 1:
        raise Refused("bad_value", ("field", "day"), ("form", "date_past"), ("value", day[:64]))
    day = min(day, date_of(now.day))
    _not_before(asset, day)
    return day


def _not_before(asset: Asset, day: str) -> None:
    replaced = asset.fields.get("replaced", "")
    if day < replaced:
        raise Refused("before_replaced", ("asset", asset.id), ("day", replaced))


def _certificate(book: Book, check: Check, person: str, day: str) -> str:
    """What the person holds that the check asks for; empty: it asks for nothing. Raises Refused."""
    if not check.certificate:
        return ""
    for one in book.campus.inspections.certified:
        known = one.name.casefold() == person.casefold() and check.certificate in one.holds
        if known and one.until >= day:
            return f"{check.certificate} {one.number}".strip()
    raise Refused(
        "not_certified", ("check", check.id), ("certificate", check.certificate), ("person", person)
    )


def _corrected(book: Book, asked: SignInspection, reason: str) -> None:
    if not asked.corrects:
        if reason:
            raise _bad("reason", reason)
        return
    before = book.filed.get(asked.corrects)
    if before is None or (before.asset, before.check) != (asked.asset, asked.check):
        raise Refused("unknown_inspection", ("inspection", asked.corrects))
    if before.corrected_by:
        raise Refused("corrected_already", ("inspection", asked.corrects), ("by", before.corrected_by))
    if not is_text(reason):
        raise Refused("no_reason")


def _bad(field: str, value: str) -> Refused:
    return Refused("bad_value", ("field", field), ("form", "text"), ("value", value[:64]))


# --- from elsewhere ---------------------------------------------------------------------------


def import_inspections(book: Book, asked: ImportInspections, actor: Actor, now: Now) -> Iterator[Entry]:
    """A piece of an import, whole or not at all. Raises Refused."""
    if not asked.batch:
        if not 0 < asked.rows <= MOST_ROWS or not is_sha256(asked.sha256) or asked.lines or asked.end:
            raise Refused("bad_import", ("most", MOST_ROWS))
        yield _turned(book.numbers.get("inspection_batch", 0) + 1, "begun", asked.rows, asked.sha256, actor)
        return
    batch = book.inspection_batches.get(asked.batch)
    if batch is None or batch.state != "begun":
        raise Refused("unknown_import", ("batch", asked.batch))
    if len(asked.lines) > MOST_LINES:
        raise Refused("bad_import", ("most", MOST_LINES))
    number = book.numbers.get(NAME, 0)
    for line in asked.lines:
        if taken_before(book, line, batch.sha256):
            continue
        judge_line(book, line, now)
        number += 1
        texts: Pairs = (("note", line.note),) if line.note else ()
        fact = InspectionSigned(
            number, line.asset, line.check, 0, "", line.day, line.result, 0, _key(batch.sha256, line), asked.batch, (), (),
            tuple(sorted(line.expires)), texts, line.person,
        )  # fmt: skip
        yield Entry(fact, line.asset, actor, because=ASKED)
    if asked.end:
        yield _turned(asked.batch, asked.end, batch.rows, batch.sha256, actor)


def taken_before(book: Book, line: InspectionLine, sha256: str) -> bool:
    """Whether it is here: by the same file once more, or because it came from here (an export of ours)."""
    own = book.filed.get(line.number)
    if own is not None and (own.asset, own.check) == (line.asset, line.check):
        return own.day == 0 or date_of(own.day) == line.day
    return _key(sha256, line) in book.inspection_keys


def _key(sha256: str, line: InspectionLine) -> str:
    return f"{sha256[:32]}:{line.line}"


def judge_line(book: Book, line: InspectionLine, now: Now) -> None:
    """Raises Refused with the first thing of a line that may not be."""
    asset, check = _known(book, line.asset, line.check)
    if not is_date(line.day) or not OLDEST_IMPORTED <= line.day <= date_of(now.day):
        raise Refused("bad_value", ("field", "day"), ("form", "date_past"), ("value", line.day[:64]))
    _not_before(asset, line.day)
    for field, text in (("person", line.person), ("note", line.note)):
        if text and not is_text(text):
            raise _bad(field, text[:LONGEST_TEXT])
    known = {one.id for one in check.form if one.expires}
    for name, value in line.expires:
        if name not in known:
            raise Refused("unknown_answer", ("field", name[:64]), ("check", check.id))
        if not is_date(value):
            raise Refused("bad_answer", ("field", name), ("value", value[:64]))


def given_up(book: Book, now: Now) -> Iterator[Entry]:
    """Imports whose sender went away in the middle."""
    for number, batch in book.inspection_batches.items():
        if batch.state == "begun" and now.utc_us - batch.at_us >= GIVEN_UP_US:
            yield _turned(number, "abandoned", batch.rows, batch.sha256, restating.RULE)


def _turned(batch: int, state: str, rows: int, sha256: str, actor: Actor) -> Entry:
    fact = InspectionBatchTurned(batch, state, rows, sha256)  # type: ignore[arg-type]  # one of our words
    return Entry(fact, f"inspection-batch-{batch}", actor, because=Because("asked"))


# --- said again -------------------------------------------------------------------------------


def kept(book: Book, now: Now) -> Iterator[Entry]:
    """What still counts, said again before retention lets go of what said it; some at once."""
    before = restating.before_us(book, now)
    if before <= 0:
        return
    by_type = book.campus.inspections.by_type()
    left = restating.MOST_AT_ONCE
    for asset in book.assets.values():
        known = book.inspected.get(asset.id)
        if (asset.since_us if known is None else known.stated_us) >= before:
            continue
        if known is not None or checks_of(book, asset, by_type):
            signed: tuple[Signed, ...] = () if known is None else known.signed
            fact = InspectionsKept(asset.id, asset.since_us, tuple(map(line_of, signed)))
            yield Entry(fact, asset.id, restating.RULE, because=restating.AGED)
            left -= 1
            if not left:
                return
