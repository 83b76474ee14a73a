"""Tables that other programs write: what stands between their cells."""


def delimiter(text: str) -> str:
    """The commonest in the first line of comma, semicolon (GLPI's, and spreadsheets' of half the world) and tab."""
    first = text.partition("\n")[0]
    return max((",", ";", "\t"), key=first.count)
