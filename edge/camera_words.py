"""What is said of cameras and of the pictures that incidents keep: codes as words, and what to do; see `edge.words`."""

from collections.abc import Mapping
from typing import Final

BLIND: Final[Mapping[str, tuple[str, str]]] = {
    "never": ("never came", "No picture came since start. Check its power, its cable and its address."),
    "lost": ("no picture", "Nobody can see there. Check its power and its cable."),
    "frozen": ("frozen", "It sends the same picture again and again. Restart it."),
    "black": ("black", "Nothing is to be seen there. Check its lens, its cover and its night light."),
    "covered": ("covered", "Something is in front of its lens. Send somebody."),
    "turned": ("looks elsewhere", "It was turned or moved. Turn it back, or have its view learned anew."),
    "unwatched": (
        "not watched",
        "The camera process is away, and nothing is known of any picture. Doors work.",
    ),
}
"""Why nobody can rely on seeing there: a word, and what is so and what to do."""

PICTURES: Final[Mapping[str, str]] = {
    "unknown": "Whether it shows what it should is not judged yet.",
    "ok": "It shows what it was set up to show.",
    "frozen": "The same picture again and again.",
    "black": "Nothing but black.",
    "covered": "Something is in front of the lens.",
    "turned": "Not the view that was learned.",
}

LOST: Final[Mapping[str, str]] = {
    "unreachable": "It cannot be reached. Check its power, its cable and its address.",
    "refused": "It refused the connection. Check its address and port.",
    "closed": "It closed the connection.",
    "silent": "It stopped sending. Check its network.",
    "unauthorized": "It does not take the name and password. Check its credentials.",
    "not_found": "It has no stream at this address. Check its url.",
    "answer": "It answered with a refusal. Its detail is in the record.",
    "malformed": "What it sends cannot be read.",
    "tls": "Its certificate is not vouched for. Check its ca.",
    "ended": "It said goodbye. Perhaps it restarts.",
    "engine": "What reads it broke and was started again.",
    "changed": "It was configured anew, and no picture came since.",
}

ENGINES: Final[Mapping[str, str]] = {
    "": "Our own reader.",
    "configured": "The fallback reader, as configured. It keeps no sound.",
    "not_served": "The fallback reader, for ours cannot serve this stream. It keeps no sound.",
}

FILES: Final[Mapping[str, str]] = {
    "sealed": "sealed",
    "recovered": "sealed, cut short",
    "failed": "failed",
    "writing": "being written",
    "waiting": "open, no picture comes now",
    "refused": "not written",
    "finishing": "being finished",
    "deleted": "deleted",
}
"""What became of a file of pictures."""
FILES_SAY: Final[Mapping[str, str]] = {
    "recovered": "A crash ended it. All that was whole is here.",
    "writing": "It is sealed when the incident ends.",
    "waiting": "It goes on when pictures come again.",
    "refused": "The disk takes nothing. Look at the flag.",
    "finishing": "It is hashed next.",
}
FAILED: Final[Mapping[str, str]] = {
    "ENOSPC": "The disk was full.",
    "EIO": "The disk failed.",
    "EROFS": "The disk takes nothing.",
    "ENOENT": "Nothing was ever written.",
    "EDQUOT": "The disk was full.",
    "disk_full": "The disk is too full for pictures of drills.",
    "empty": "There was no whole picture.",
    "none": "There was no picture.",
    "stale": "The newest picture was too old.",
    "undecodable": "The picture could not be decoded.",
    "too_large": "The picture was too large.",
    "busy": "Too many pictures were wanted at once.",
    "hung": "What makes stills did not answer.",
    "died": "What makes stills broke off.",
    "nonsense": "What makes stills broke off.",
    "stopped": "The camera process ended.",
    "gone": "It is not there any more.",
    "unwritable": "Its pictures fit into no file.",
    "internal": "The writer failed. Keep the log.",
}
DELETED: Final[Mapping[str, str]] = {
    "age": "Its time was over.",
    "quota": "Pictures have no more room than this.",
    "reserve": "The disk had to keep room.",
}

ON_REQUEST: Final[Mapping[str, str]] = {
    "unknown_camera": "This camera is not in the configuration any more. Nothing was changed.",
    "cameras_away": "The camera process is being started again. Nothing was changed: try again in some seconds.",
    "camera_lost": "No picture comes from it now, so nothing can be learned. Nothing was changed.",
}
"""What became of a wish about a camera."""


def lost(code: str) -> str:
    """Why no picture comes; a code that is not known is shown as itself."""
    return LOST.get(code) or (f"It is away ({code})." if code else "")


def failed(code: str) -> str:
    """Why there is no file."""
    return FAILED.get(code) or f"The disk said {code}."
