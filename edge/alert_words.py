"""What is said of detectors' reports and 911 calls, on pages, in flags and answers. Codes to search for; see `edge.words`."""

from collections.abc import Mapping
from typing import Final

DETECTED: Final[Mapping[str, str]] = {"weapon": "Weapon reported", "gunshot": "Gunshot reported"}
"""By a machine: that there is one is for a person to say."""
DOUBTS: Final[Mapping[str, str]] = {
    "": "",
    "old": "OLD: by its own clock it happened long before it came.",
    "ahead": "Its own clock is ahead of the box's: when it happened is not known.",
    "retained": "OLD: the broker had kept it, nobody knows for how long.",
    "no_time": "It does not say when it happened.",
}
FLAGS: Final[Mapping[str, tuple[str, str]]] = {
    "detection_unanswered": (
        "A report of detector {subject} waits for an answer",
        "Nobody said in time whether it is real. It started nothing by itself: whoever may answer it looks now.",
    ),
    "emergency_call_unseen": (
        "A 911 call told by {subject} was seen by nobody",
        "Somebody called from a telephone of this campus. Nothing was locked: whoever may see it looks now.",
    ),
    "detector_silent": (
        "Detector {subject} is silent",
        "It was not heard for longer than its silence limit. Buttons work: check its power, network and token.",
    ),
    "phone_system_silent": (
        "Telephone system {subject} is silent",
        "It was not heard for longer than its silence limit. 911 calls still go out and may not be told here: check it.",
    ),
    "detector_unsupervised": (
        "Detector {subject} is not supervised",
        "No silence_limit says how often it reports, so a dead one is not noticed. Test it by hand, or write the limit.",
    ),
    "phone_system_unsupervised": (
        "Telephone system {subject} is not supervised",
        "No silence_limit says how often it reports, so a dead one is not noticed. Test it by hand, or write the limit.",
    ),
    "reports_flood": (
        "{subject} reports more than anybody can look at",
        "The rest is counted with what waits. Everything else works: look at it, and have its settings mended.",
    ),
    "reports_session_down": (
        "The broker session for detectors is down",
        "What they report by MQTT does not arrive. Presses have their own session: check the broker.",
    ),
    "mqtt_reports_topics_refused": (
        "The broker refuses topics of detectors",
        "Nothing arrives from these: {0}. Give the daemon the right to read them.",
    ),
}
ENDS: Final[Mapping[str, str]] = {
    "seen_to": "It ends once somebody says that it was seen.",
    "source_heard": "It ends once it is heard again.",
    "flood_over": "It ends an hour after the last report that was only counted.",
}
REPLIES: Final[Mapping[str, str]] = {
    "unknown_detector": "There is no such detector in the configuration. Nothing was recorded.",
    "unknown_phone_system": "There is no such telephone system in the configuration. Nothing was recorded.",
    "unknown_detection": "No such report waits for an answer. Nothing was changed.",
    "detection_answered": "Somebody answered this report before. Nothing was changed.",
    "unknown_call": "No such call waits to be seen. Nothing was changed.",
    "too_many_photos": "As many pictures as are kept came with this report. It waits with those.",
}
