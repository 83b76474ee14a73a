"""Signed checkpoints: whoever holds one can tell whether the chain up to it was rewritten."""

from typing import Final

from edge.journal.canonical import canonical
from edge.journal.chain import Head
from edge.journal.keys import SigningKey
from rules.model.values import dataclass

EVERY_EVENTS: Final = 1_000
EVERY_S: Final = 600.0


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signature over where the chain stood. `key` names the key that `public_pem` holds."""

    epoch: str
    seq: int
    hash: str
    at: str
    key: str
    public_pem: str
    signature: bytes

    def signed_bytes(self, campus: str) -> bytes:
        """What was signed: canonical JSON of {campus, epoch, seq, hash, at} (contract section 6)."""
        return signed_bytes(campus, Head(self.epoch, self.seq, self.hash), self.at)


def signed_bytes(campus: str, head: Head, at: str) -> bytes:
    return canonical({"campus": campus, "epoch": head.epoch, "seq": head.seq, "hash": head.hash, "at": at})


def make(key: SigningKey, campus: str, head: Head, at: str) -> Checkpoint:
    """A checkpoint at `head`, signed; `at` is RFC 3339."""
    signature = key.sign(signed_bytes(campus, head, at))
    return Checkpoint(head.epoch, head.seq, head.hash, at, key.id, key.public_pem, signature)


def countersigned_bytes(campus: str, head: Head, at: str, signature: str) -> bytes:
    """What the district's hub signs: the same with the checkpoint's own signature, as hex (`edge.district.api`)."""
    return canonical(
        {
            "campus": campus,
            "epoch": head.epoch,
            "seq": head.seq,
            "hash": head.hash,
            "at": at,
            "signature": signature,
        }
    )
