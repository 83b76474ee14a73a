"""The journal's signing key: Ed25519, made at first start, its private half readable by the daemon alone."""

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edge.journal.witness import sync_directory
from rules.model.values import dataclass

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PRIVATE_NAME: Final = "signing-key.pem"
PUBLIC_NAME: Final = "signing-key.pub.pem"


class KeyRefused(Exception):
    """The signing key cannot be read, made or used. Events are still recorded; checkpoints and exports
    wait.
    """


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The private key, its public half as PEM, and its name: the first 16 hex digits of SHA-256 of its
    DER.
    """

    private: "Ed25519PrivateKey"
    public_pem: str
    id: str

    def sign(self, message: bytes) -> bytes:
        """64 bytes: RFC 8032."""
        return self.private.sign(message)


def load_or_make(directory: Path) -> SigningKey:
    """The key in `directory`. Raises `KeyRefused` where the file is there and is no such key, or cannot be
    made.

    cryptography is imported here and not at the top: it costs 60 ms that arming does not need.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        load_pem_private_key,
    )

    path = directory / PRIVATE_NAME
    try:
        if not path.exists():
            made = Ed25519PrivateKey.generate()
            pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            _write(path, pem, 0o600)
        private = load_pem_private_key(path.read_bytes(), None)
        if not isinstance(private, Ed25519PrivateKey):
            raise KeyRefused(f"{path} is not an Ed25519 key")
        key = _named(private)
        public = directory / PUBLIC_NAME
        if not public.exists() or public.read_text(encoding="ascii") != key.public_pem:
            _write(public, key.public_pem.encode("ascii"), 0o644)
    except (OSError, ValueError, TypeError) as err:
        raise KeyRefused(f"{path}: {err}") from err
    return key


def key_id(public_pem: str) -> str:
    """The name of a public key in PEM. Raises ValueError where it is no Ed25519 key."""
    from edge.journal.standalone_verifier import raw_key

    return hashlib.sha256(raw_key(public_pem)).hexdigest()[:16]


def holds(public_pem: str, signature: bytes, message: bytes) -> bool:
    """Whether `signature` is that key's over `message` (RFC 8032). False also where it is no Ed25519 key."""
    from edge.journal.standalone_verifier import ed25519, raw_key

    try:
        return ed25519(raw_key(public_pem), signature, message)
    except ValueError:
        return False


def public_key_sha256(certificate: bytes) -> bytes:
    """SHA-256 of the SubjectPublicKeyInfo of an X.509 certificate in DER: of its key, whoever certified that and how long.

    Raises ValueError where it is no certificate.
    """
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    from cryptography.x509 import load_der_x509_certificate

    key = load_der_x509_certificate(certificate).public_key()
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()


def _named(private: "Ed25519PrivateKey") -> SigningKey:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    pem = public.decode("ascii")
    return SigningKey(private, pem, key_id(pem))


def _write(path: Path, content: bytes, mode: int) -> None:
    """Whole or not at all, and to stay."""
    new = path.with_name(path.name + ".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    try:
        os.write(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    new.rename(path)
    sync_directory(path.parent)
