"""TLS to a camera: verified against the system's authorities, or those of a file, or the camera's own certificate."""

import re
import ssl
from pathlib import Path
from typing import Final

from drivers.cameras.stream import StreamLost

_MISMATCH: Final = frozenset((62, 64))
"""X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH."""


def context(ca_file: str | None, by_name: bool = True) -> ssl.SSLContext:
    """by_name: the certificate must carry the camera's name. Raises StreamLost `tls` where the file cannot be used."""
    try:
        made = ssl.create_default_context(cafile=ca_file)
    except (OSError, ValueError) as bad:
        raise StreamLost("tls", f"the file of certificates cannot be used: {bad}") from None
    if ca_file is not None:
        # A certificate in the file is believed itself, whoever signed it.
        made.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    made.check_hostname = by_name
    return made


def another_name(bad: ssl.SSLCertVerificationError) -> bool:
    """The certificate is believed, but carries another name: most cameras' own do."""
    return bad.verify_code in _MISMATCH


def pinned(ca_file: str, certificate: bytes | None) -> bool:
    """Whether the file holds this very certificate (DER): then its name does not matter."""
    text = Path(ca_file).read_text("ascii", "replace")
    blocks = re.findall(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", text, re.DOTALL)
    return certificate is not None and any(ssl.PEM_cert_to_DER_cert(one) == certificate for one in blocks)
