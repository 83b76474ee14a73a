"""What ends each flag, in words, by the codes of `rules/packs/flags.yaml`: never a person's word that it is over."""

from collections.abc import Mapping
from typing import Final

from edge import alert_words

ENDS: Final[Mapping[str, str]] = {
    "a_day": "It ends a day after the last such press.",
    "accounts": "It ends once somebody is in the accounts again.",
    "agrees": "It ends once controller and sensors read as they should.",
    "an_hour": "It ends an hour after the last such message.",
    "apart": "It ends with devices that ask who is there, and never before.",
    "answered": "It ends once somebody starts or dismisses it.",
    "answers": "It ends once the controller answers again.",
    "armed": "It ends once a press would be decided and reach a controller.",
    "bound": "It ends within a minute once that token is revoked; each screen then has one of its own room.",
    "at_rest": "It ends once the door is read back at its rest.",
    "battery": "It ends once the button reports a battery above its limit.",
    "broker_allows": "It ends once the broker takes the subscription.",
    "closed_up": "It ends once a daily look finds that it asks for a password.",
    "clock": "It ends once the camera's clock is right.",
    "commissioned": "It ends once the commissioning record is in the configuration, and sound.",
    "configuration": "It ends with a configuration that says otherwise and is accepted.",
    "disk": "It ends once the disk takes it again.",
    "dry_run": "It ends with the next dry run that does not name it.",
    "exercised": "It ends once its lock was exercised in its hours.",
    "firmware": "It ends once the device says that other firmware runs on it, or the lists say otherwise.",
    "firmware_known": "It ends once the device says its firmware, and its note says what that means.",
    "hardware": "It ends once the hardware is replaced and the configuration says so.",
    "heard": "It ends once the button is heard again.",
    "inspected": "It ends once somebody inspected it, and it passed.",
    "key": "It ends once the signing key can be read again.",
    "list_brought": "It ends once a list is brought that is new enough.",
    "listed": "It ends once it is gone, or listed in the configuration.",
    "locked_by_name": "It ends once somebody locks the door by name, or a press does.",
    "memory": "It ends once the limit is raised, or less is asked for.",
    "needs_met": "It ends once what it needs does its work again.",
    "opened": "It ends once it can be opened; that is tried every 5 s.",
    "password_changed": "It ends once the configuration has another password, which the device must be given too.",
    "picture": "It ends once a picture that shows something comes again.",
    "piece_known": "It ends once its replacement is recorded, its serial number is put right, or it says the one that is known.",
    "proven": "It ends once a test, a press or its sensors prove it.",
    "quick_again": "It ends once the loop keeps its time again.",
    "read": "It ends once it is read in time again.",
    "restart": "It ends with a restart; look at what happened first.",
    "retention": "It ends once what held the segment is over.",
    "room": "It ends once there is room on the disk.",
    "runs_again": "It ends once the process runs again.",
    "said": "It ends once somebody said all of it.",
    "safe_mode_left": "It ends after ten quiet minutes, or by hand.",
    "session_up": "It ends once the session with the broker is up.",
    "tampering_over": "It ends a while after the camera says that it is over.",
    "drill_held": "It ends once that drill was held, or was logged, or with the school year.",
    "found": "It ends once somebody says where it was seen.",
    "looked_at": "It ends once somebody looked at it and says what it was.",
    "signed": "It ends once a named person explained it and signed.",
    "walked_through": "It ends once the layers are brought again with the day of a newer walk-through, or are taken off.",
    "stocked": "It ends once as many are in stock as should be.",
    "taken_out": "It ends once it is not heard any more, or is in use again.",
    "tried_out": "It ends once somebody says by name that it was tried out.",
    "ticket_closed": "It ends once its ticket is closed.",
    "quiet": "It ends once its flag turned less than ten times within an hour.",
    "tested": "It ends once a self-test comes to its end.",
    "unconfigured": "It ends once the configuration does not name it any more, or it is in use again.",
    "version": "It ends with a version that knows it.",
    **alert_words.ENDS,
}


def ends(code: str) -> str:
    """In words; an unknown code is shown as itself."""
    return ENDS.get(code, code)
