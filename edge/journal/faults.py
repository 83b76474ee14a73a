"""What a disk or SQLite refused with, in a word to search for."""


def error_name(err: Exception) -> str:
    """SQLite's name of an error, such as `SQLITE_FULL`; where it has none, what it says."""
    return getattr(err, "sqlite_errorname", None) or str(err)


def errno_name(err: OSError) -> str:
    """What the system says of an error, such as `No space left on device`."""
    return err.strerror or type(err).__name__
