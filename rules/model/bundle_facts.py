"""What enters the journal of published flaws: which lists were taken in, and which were refused."""

from typing import ClassVar, Literal

from rules.model.values import dataclass

BundleKind = Literal["cve", "kev"]
"""cve: the NVD's records. kev: CISA's catalogue of known exploited vulnerabilities."""


@dataclass(frozen=True, slots=True)
class BundleTaken:
    """A list counts from now on. count: its records. whole: false where it is a part of what its publisher has.

    stamp_us: UTC microseconds at which its publisher made it; None: it does not say.
    """

    KIND: ClassVar[str] = "bundle.taken/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    bundle: BundleKind
    sha256: str
    count: int
    stamp_us: int | None
    whole: bool


@dataclass(frozen=True, slots=True)
class BundleRefused:
    """A list was not taken, and nothing of it is used. code: see `edge.flaws.refusal.RefusalCode`."""

    KIND: ClassVar[str] = "bundle.refused/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    bundle: BundleKind
    code: str


BundleFact = BundleTaken | BundleRefused
