"""What every parser of this package raises: bytes that are not what their standard says, or more than is taken."""


class Malformed(ValueError):
    """The text names what was wrong, in our words: none of the bytes themselves."""
