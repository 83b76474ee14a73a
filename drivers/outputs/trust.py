"""Whose word is taken for it that a server is who it says."""

import ssl


def believing(authority: str | None) -> ssl.SSLContext:
    """authority: PEM; None: the system's authorities, some 20 ms to read. Raises OSError for a PEM that is none."""
    context = ssl.create_default_context(cadata=authority)
    if authority is not None:
        # A certificate in the file is believed itself, whoever signed it.
        context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    return context
