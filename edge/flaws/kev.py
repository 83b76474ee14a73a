"""CISA's catalogue of known exploited vulnerabilities, by its published schema (`schemas/kev-schema.json`)."""

from collections.abc import Iterable
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from edge.flaws.nvd import Id, stamp_us
from edge.flaws.refusal import Refused
from rules.model.values import dataclass

MOST_BYTES: Final = 32 * 1024 * 1024
"""The whole catalogue of 2025 was 1.3 MB."""
MOST: Final = 100_000
Line = Annotated[str, Meta(max_length=20_000)]
Date = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
_AGAIN: Final = (
    "bring known_exploited_vulnerabilities.json again from CISA; what was taken before still holds"
)


class _Entry(Struct, frozen=True):
    cveID: Id
    vendorProject: Line
    product: Line
    vulnerabilityName: Line
    dateAdded: Date
    shortDescription: Line
    requiredAction: Line
    dueDate: Date
    knownRansomwareCampaignUse: Literal["Known", "Unknown"] = "Unknown"


class _Catalogue(Struct, frozen=True):
    catalogVersion: Annotated[str, Meta(max_length=40)]
    dateReleased: Annotated[str, Meta(max_length=40)]
    count: int
    vulnerabilities: Annotated[list[_Entry], Meta(max_length=MOST)]


@dataclass(frozen=True, slots=True)
class Exploited:
    """One entry. ransomware: known to be used by such campaigns."""

    cve: str
    added: str
    due: str
    ransomware: bool


@dataclass(frozen=True, slots=True)
class Catalogue:
    """stamp_us: when it was released, UTC microseconds; None: it does not say."""

    stamp_us: int | None
    entries: tuple[Exploited, ...]


_decoder: Final = msgspec.json.Decoder(_Catalogue)


def catalogue(blocks: Iterable[bytes]) -> Catalogue:
    """Raises Refused."""
    data = b""
    for block in blocks:
        data += block
        if len(data) > MOST_BYTES:
            raise Refused("too_large", f"the catalogue is longer than {MOST_BYTES} bytes", _AGAIN)
    try:
        # Keys that are not used are passed over unread: what is no text would go unseen.
        data.decode()
        said = _decoder.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as err:
        raise Refused("no_bundle", "the file is not CISA's catalogue, or was cut off", _AGAIN) from err
    if said.count != len(said.vulnerabilities):
        what = f"the catalogue says {said.count} entries and holds {len(said.vulnerabilities)}"
        raise Refused("wrong_record", what, _AGAIN)
    return Catalogue(
        stamp_us(said.dateReleased),
        tuple(
            Exploited(one.cveID, one.dateAdded, one.dueDate, one.knownRansomwareCampaignUse == "Known")
            for one in said.vulnerabilities
        ),
    )
