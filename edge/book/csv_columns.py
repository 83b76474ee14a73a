"""Which column of a foreign list is which field of ours, and what its values are here.

Our own export's names; Snipe-IT's, as its importer and its exports call them (grokability/snipe-it, app/Importer/Importer.php
and app/Livewire/Importer.php); Incident IQ's, as its API and lists call them (AssetTag, SerialNumber, ModelName, …); GLPI's, as
its lists of things call them (glpi-project/glpi, src/Computer.php, rawSearchOptions).
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from rules.book.asset_fields import FIELDS
from rules.book.asset_fields import STATES as OURS

ID: Final = "id"
WARRANTY_MONTHS, COST, ZONE_OR_ROOM = "+months", "+money", "+place"
"""Columns whose value is made of more than one thing, or is more than one thing."""
HOLDER, HOLDER_KIND = "holder", "+kind of holder"
"""With whom it is: a person, or by the column beside it a place or another thing."""

NAMES: Final[Mapping[str, str]] = {
    "asset id": ID,
    "asset tag": "tag",
    "assettag": "tag",
    "item name": "name",
    "asset name": "name",
    "serial number": "serial",
    "serialnumber": "serial",
    "category": "type",
    "asset type": "type",
    "assettypename": "type",
    "model name": "model",
    "modelname": "model",
    "asset model": "model",
    "manufacturer": "maker",
    "manufacturername": "maker",
    "location": ZONE_OR_ROOM,
    "locationname": ZONE_OR_ROOM,
    "default location": ZONE_OR_ROOM,
    "checkout location": ZONE_OR_ROOM,
    "locationroom": "room",
    "room number": "room",
    "roomnumber": "room",
    "status": "state",
    "status label": "state",
    "statusname": "state",
    "asset status": "state",
    "full name": "responsible",
    "checked out to": HOLDER,
    "checked out": HOLDER,
    "owner": "responsible",
    "ownername": "responsible",
    "assigned user": "responsible",
    "assignedusername": "responsible",
    "order number": "order",
    "purchase order": "order",
    "ponumber": "order",
    "vendor": "supplier",
    "vendorname": "supplier",
    "notes": "note",
    "asset notes": "note",
    "purchase date": "purchased",
    "purchasedate": "purchased",
    "purchaseddate": "purchased",
    "purchased date": "purchased",
    "purchase cost": COST,
    "purchase price": COST,
    "purchaseprice": COST,
    "cost": COST,
    "warranty months": WARRANTY_MONTHS,
    "warranty": WARRANTY_MONTHS,
    "warranty expires": "warranty_until",
    "warranty expiration": "warranty_until",
    "warranty expiration date": "warranty_until",
    "warrantyexpirationdate": "warranty_until",
    "eol date": "supported_until",
    "eol": "supported_until",
    "end of life": "supported_until",
    "qty": "quantity",
    "inventory number": "tag",
    "technician in charge": "responsible",
    "user": HOLDER,
    "comments": "note",
    "date of purchase": "purchased",
    "warranty duration": WARRANTY_MONTHS,
    "financial and administrative information - value": COST,
}
"""By a column's name in lower case. A field's own name, and its words in our pages, are known beside."""
THEIRS: Final = (("Type", "category"), ("State", "status"), ("ID", "asset tag"))
"""Columns of Snipe-IT's reports that sound like ours beside another: of what kind the holder is, in which state of the union a
place lies, and the number of a row in one table of theirs, which another table gives to another thing."""

STATES: Final[Mapping[str, str]] = {
    "on order": "ordered",
    "pending": "ordered",
    "ready to deploy": "stock",
    "deployable": "stock",
    "storage": "stock",
    "in storage": "stock",
    "in stock": "stock",
    "available": "stock",
    "in use": "deployed",
    "in service": "deployed",
    "assigned": "deployed",
    "active": "deployed",
    "checked out": "deployed",
    "in repair": "repair",
    "out for repair": "repair",
    "out for diagnostics": "repair",
    "broken": "repair",
    "undeployable": "repair",
    "lost/stolen": "lost",
    "missing": "lost",
    "stolen": "lost",
    "archived": "retired",
    "disposed": "retired",
    "surplus": "retired",
    "sold": "retired",
    "donated": "retired",
    "broken - not fixable": "retired",
}
DATES: Final = (
    re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})(?:[T ].*)?", re.ASCII),
    re.compile(r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})(?: .*)?", re.ASCII),
)
"""As ISO has them, and as the United States write them: month first. A time behind them is let go."""
_MONEY: Final = re.compile(r"[$€£]?\s?(\d{1,3}(?:,\d{3})*|\d+)(?:\.(\d{1,2})0*)?", re.ASCII)
_ESCAPED: Final = re.compile(r"['`][=+\-@]")


_FINANCE: Final = "financial and administrative information - "
"""What GLPI writes before the columns of what a thing cost."""
_BELOW: Final = re.compile(r"\s+>\s+")
"""Between a place and what lies in it, as GLPI writes them: `Main building > Floor 1 > Room 101`."""


def place(text: str, zones: Mapping[str, str]) -> tuple[str, str]:
    """(the zone, the room) of a place as other programs name it; `""`: it says none. zones: ids by name and id in lower case."""
    whole = zones.get(text.casefold())
    if whole is not None:
        return whole, ""
    parts = _BELOW.split(text)
    for count in range(len(parts), 0, -1):
        zone = zones.get(parts[count - 1].casefold())
        if zone is not None:
            return zone, " > ".join(parts[count:])
    return "", text


def state(text: str) -> str:
    """The state of a thing by what other programs call it; what is none of them, in lower case."""
    plain = text.casefold()
    # Snipe-IT's list has the label `Deployed` behind the status of what is checked out.
    before = plain.removesuffix(" deployed")
    if before != plain and (before in STATES or before in OURS):
        return "deployed"
    return STATES.get(plain, plain)


def fields_of(named: Sequence[str]) -> list[str]:
    """The field that each column holds; `""`: none of ours."""
    beside = {_plainly(one) for one in named}
    theirs = {column for column, other in THEIRS if other in beside}
    fields = ["" if one.strip() in theirs else field_of(one) for one in named]
    kinds = [one.strip() == "Type" and one.strip() in theirs and HOLDER in fields for one in named]
    return [HOLDER_KIND if kind else field for kind, field in zip(kinds, fields, strict=True)]


def field_of(column: str) -> str:
    """The field that a column holds by its own name; `""`: none of ours."""
    whole = _plainly(column)
    name = whole if whole in NAMES else whole.removeprefix(_FINANCE)
    plain = name.replace(" ", "_")
    if plain == ID or (plain in FIELDS and FIELDS[plain].by == "anybody" and plain not in ("cost",)):
        return plain
    return NAMES.get(name, "")


def _plainly(column: str) -> str:
    return " ".join(column.strip().casefold().replace("_", " ").split())


def slug(text: str) -> str:
    """`Panic Button` as `panic-button`: a type as ids have it."""
    return re.sub(r"[^a-z0-9._]+", "-", text.casefold()).strip("-.")[:64]


def day(text: str) -> str:
    """A date as ISO has it; what is no date, as it was written."""
    for form in DATES:
        found = form.fullmatch(text)
        if found is not None:
            try:
                return date(int(found["year"]), int(found["month"]), int(found["day"])).isoformat()
            except ValueError:
                return text
    return text


def is_day(text: str) -> bool:
    """Whether it is a date as ISO has it."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def cents(text: str) -> str:
    """`$1,234.50` as `123450`; what is no sum, as it was written."""
    found = _MONEY.fullmatch(text)
    if found is None:
        return text
    return str(int(found[1].replace(",", "")) * 100 + int((found[2] or "0").ljust(2, "0")))


def months_after(purchased: str, months: str) -> str:
    """The last day of a warranty of so many months; `""`: it cannot be said."""
    number = re.fullmatch(r"(\d{1,3})(?:\s*months?)?", months.strip().casefold(), re.ASCII)
    try:
        since = date.fromisoformat(purchased)
    except ValueError:
        return ""
    if number is None:
        return ""
    whole = since.year * 12 + since.month - 1 + int(number[1])
    year, month = divmod(whole, 12)
    for back in range(4):
        try:
            return date(year, month + 1, since.day - back).isoformat()
        except ValueError:
            continue
    return ""


def unescaped(text: str) -> str:
    """Without the mark that keeps a spreadsheet from reading it as a formula: ours (`escaped`) or Snipe-IT's."""
    return text[1:] if _ESCAPED.match(text) else text


def escaped(text: str) -> str:
    """So that no spreadsheet reads it as a formula (OWASP, CSV injection)."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
