"""The one table that puts codes into sentences: verdicts, flags, refusals, reasons. An unknown code is shown plainly.

A sentence says what happened, what still works, what to do (page.md section 4). `{subject}`, `{0}`, `{1}` are filled from
the fact's own arguments; one that is missing is shown as `?`, never raised over.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from edge import (
    alert_words,
    asset_words,
    drill_words,
    exterior_words,
    inspection_words,
    post_words,
    response_words,
    statement_words,
    tabletop_words,
    ticket_words,
)
from edge.flag_words import FLAGS
from rules.rights import GIVEN, ROLES

VERDICTS: Final[Mapping[str, str]] = {
    "unknown": "Nothing was read since start. Treat as open: look at the door.",
    "stale": "Its sensors were not read in time. Treat as open: look at the door.",
    "forced": "It was opened, and nobody asked to leave. Stay away; tell police.",
    "egress": "Opened from inside and not closed again yet. Counts as not secured.",
    "opened": "It was opened; no sensor says from which side. Look at the door.",
    "ajar": "It stands open. Somebody must close it.",
    "refused": "The lock was not driven. Lock it by key.",
    "no_answer": "Its controller does not answer. Treat as open: send a person with a key.",
    "pending": "Told to lock; its bolt is still moving. Not counted as secured.",
    "not_latched": "Told to lock, and the bolt did not go home. Send a person with a key.",
    "secured": "Locked: bolt and door were read after the command.",
    "secured_partial": "Locked: the bolt was read after the command. No sensor says whether it is closed.",
    "unconfirmed": "No bolt sensor can prove it locked. Treat as open: check it by hand.",
    "released": "Returned to its rest.",
    "open": "Open.",
    "closed_locked": "Closed and locked.",
    "closed_unlocked": "Closed and not locked.",
}
"""page.md section 3: what is so, then what to do. What is not known says everywhere that it counts as open."""

SAID_NO: Final = "Its controller said no{code}. The door stays as it was: lock it by key."
"""`code`: the device's own, in brackets, for whoever repairs it; empty for whoever stands before the door."""

HELD: Final[Mapping[str, str]] = {
    "no_record": "It has no commissioning record, so it is never driven. Lock it by key.",
    "unnamed_coil": "Its coil is not named in the configuration. Lock it by key.",
    "not_locked_value": "The command would not have written its locked value; nothing was sent. Lock it by key.",
    "delayed_egress": "Delayed egress is never driven by a response. It works as its own controller does.",
    "fire_active": "Fire alarm: it stays free for people to leave. Send a person to lock it when the alarm is quiet.",
    "fire_waits": "Fire alarm: no power is put on its lock now, and it opens from inside. Lock it by key; "
    "it is locked once the alarm is quiet.",
    "fire_unsure": "Its fire input cannot be trusted, so it stays free. Check the fire relay's wiring.",
    "fire_unread": "Its fire input was not read yet since start. It is locked once that is quiet.",
    "latched_active": "Fire alarm: this fire door stays latched. It opens from inside; from outside use a key. "
    "It is released once the alarm is quiet.",
    "latched_unsure": "Its fire input cannot be trusted, so this fire door stays latched. It opens from inside. "
    "Use a key; check the fire relay's wiring.",
    "latched_unread": "Its fire input was not read yet since start. It is released once that is quiet.",
    "leaving_active": "Somebody is leaving; it is locked as soon as the exit sensor is quiet.",
    "leaving_unsure": "Its exit sensor cannot be trusted, so it stays free. Check the sensor's wiring.",
    "leaving_delay": "Its exit button was pressed; it is locked 30 s after that.",
    "not_named": "A release must name each door, and this one was not named.",
    "not_commissioned": "It is not commissioned, so it is never driven.",
    "attack_side": "Its reader is mounted on the attack side and may drive no lock.",
    "not_rest_value": "The command would not have written its rest; nothing was sent. Use the key.",
    "not_free_value": "The command would not have freed it; nothing was sent. Hold it open by hand.",
    "not_a_lock_purpose": "The command was none for a lock; nothing was sent.",
    "fire_freed": "The fire rule freed it. Once the alarm is quiet, lock it by name or by a new press.",
    "unknown_door": "It is not in the configuration.",
    "unknown_output": "It is not in the configuration.",
    "no_coil": "No coil or output is named for it, so it is never switched.",
    "coil_of_a_lock": "Its coil drives a lock, so it is never switched as an output.",
    "exterior_unattended": "A lock of an exterior door is never exercised with nobody there. Test it in a walk.",
    "not_exercised": "Its record names no hours for a self-test, so its lock is not exercised.",
    "needed_otherwise": "An incident is live, or it was ordered otherwise: its lock is not exercised now.",
    "safe_mode": "The box runs in safe mode: its lock is not exercised.",
    "clock_unsure": "The box's clock is not sure, so no lock is exercised. Mend its time service. "
    "Where there is none, set the clock and write `policies.self_test.clock: by_hand`.",
    "not_its_hours": "It is outside of the hours in which its lock may be exercised.",
    "not_closed": "It is not closed, or not read: its lock is not exercised now.",
    "way_out_not_quiet": "A way out or fire input is not quiet: its lock is not exercised.",
    "not_read_back": "Its coil was not read back: nothing was written to it.",
    "reads_on": "Its coil reads on, and nobody asked for that here: nothing was written to it.",
    "interlock_failed": "The interlock failed, and only what is surely free inside was locked. Lock it by key.",
}

ENDINGS: Final[Mapping[str, str]] = {
    "written": "The controller took the command, which proves nothing about the bolt.",
    "refused": "The controller said no.",
    "no_answer": "The controller did not answer.",
    "not_sent": "The command never left the box.",
}

UNANSWERED: Final[Mapping[str, str]] = {
    "too_old": "It was made more than 90 s before it arrived.",
    "unknown_age": "Nobody can say when it was made.",
    "found_pressed": "The button was found pressed when it was first read.",
    "rule_failed": "A rule failed while it was judged.",
    "interlock_failed": "The interlock failed while it was judged.",
    "retained": "The broker had kept it.",
}

NOT_ARMED: Final[Mapping[str, str]] = {
    "no_controller": "No door controller answers. A press still starts what is left: use keys, call IT.",
    "no_button_path": "No way from a button to this box is up. Start a lockdown with `campus-edge press`; call IT.",
    "starting": "Devices are still being read for the first time.",
    "safe_mode": "The box runs in safe mode. A press locks; see the flags.",
    "no_doors": "No door is configured.",
}

REFUSALS: Final[Mapping[str, str]] = {
    **asset_words.REFUSALS,
    **post_words.REFUSALS,
    **statement_words.REFUSALS,
    **alert_words.REPLIES,
    "done": "Done.",
    "unknown_button": "No button {button} is configured; nothing was started. `campus-edge status` lists them.",
    "unknown_door": "No door {door} is configured; nothing was changed. `campus-edge status --json` lists them.",
    "unknown_gesture": "Button {button} has no gesture {gesture}; nothing was started. `campus-edge status` lists them.",
    "unknown_press": "No press {press} waits for an answer. `campus-edge status` lists those that do.",
    "already_answered": "Press {press} was answered before; nothing was changed.",
    "release_too_late": "It came to the box more than 10 s after it was asked; no door was released. Ask again.",
    "locked_since": "A lockdown reached these doors after this was asked; no door was released. Look, then ask again.",
    "bad_minutes": "A walk-test lasts 1 to 30 minutes; none was started, every button is real.",
    "no_incident": "No such incident is live; nothing was changed.",
    "unknown_zone": "No zone {zone} is configured; nothing was started. Name a zone, or the campus for all of it.",
    "nothing_on": "Nothing is on there, so there is nothing to answer. For help, press a panic button or phone.",
    "no_text": "A note needs words; nothing was written.",
    "real_incident_live": "A real incident is live; nothing was started. Close it first.",
    "self_test_running": "A self-test is under way; look at its result in some seconds.",
    "dry_run_running": "A dry run is under way; look at its result in some seconds.",
    "dry_run_incident": "An incident is live; no dry run was begun. Look at the doors.",
    "no_measure": "Nothing may stand beside this flag: it must be answered. Nothing was written.",
    "unknown_flag": "No such flag stands; nothing was written. `campus-edge flags` lists those that do.",
    "bad_until": "A measure ends within 31 days from now; nothing was written. Say when.",
    "no_such_measure": "No measure stands beside this flag; nothing was changed.",
    "incident_live": "An incident is live; no self-test was begun. Look at the doors.",
    "held": "The interlock holds back: {held}",
    "no_doors": "No door was named; nothing was changed. Name each door.",
    "no_person": "A walk-test needs the tester's name; none was started, every button is real.",
    "no_reason": "A reason is needed; nothing was changed.",
    "not_in_safe_mode": "The daemon is not in safe mode; nothing was changed.",
    "in_safe_mode": "The daemon is in safe mode and takes presses only; nothing was changed.",
    "unknown_incident": "No incident {incident} is in the record. `campus-edge incident list` lists them.",
    "book_away": "Tickets, assets and firmware are away; nothing was changed. Presses and doors work on. Try again soon.",
    "book_behind": "The lists are being made again ({followed} events so far). Presses and doors work on. Try again soon.",
    "book_silent": "No answer came in time, and nobody knows what came of it. Look before you ask again.",
    "book_failed": "It cannot be worked out: a fault of this program. Nothing was changed, all else works. The log tells more.",
    "bundle_refused": "Not taken: {what}; nothing of it is used. Do this: {do}.",
    "bundle_unrecorded": "It was taken in, and could not be recorded ({reason}). Bring it once more in some minutes.",
    "floorplan_refused": "Not taken: {what}{where}. The map is as it was. Do this: {do}.",
    "bad_floorplan": "A map has at most {most} layers, and a file at least one. The map is as it was.",
    "no_such_floorplan": "The map has no such level or layer: {level}. `campus-edge map levels` lists them. Nothing was changed.",
    "no_record": "The record cannot be given now: {detail}. Doors and buttons work on; look at the store's disk.",
    "unreadable_request": "The daemon could not read the request; nothing was changed. {detail}",
    "too_long": "The request is longer than 64 KiB; nothing was changed.",
    "busy": "The daemon serves as many callers as it takes; nothing was changed. Try again.",
    "late": "The daemon took the request and has not finished in {seconds} s. Look at `campus-edge status`.",
    "failed": "The daemon failed at this request; doors and buttons work on. Its log tells more. {detail}",
    "no_right": "The local socket does not have the right to {right}; nothing was changed.",
    "factor_needed": "A release asks who it is and for their code: add --user NAME. No door was released.",
    "factor_wrong": "Name or code is not right, or the code was used before. No door was released; locks stay as they are.",
    "factor_wait": "Too many tries: wait {seconds} s. No door was released; keys and exits work.",
    "factor_disabled": "That account is disabled. No door was released.",
    "factor_no_factor": "{user} has no code yet. No door was released. Print some: campus-edge user codes NAME.",
    "factor_no_right": "The role of {user} has no right to release. No door was released.",
    "bad_name": "A name is 1 to 64 printable characters; nothing was changed.",
    "name_taken": "There is one named {name} already; nothing was changed.",
    "bad_role": "There is no such role, or it is not given out yet; nothing was changed. Roles: "
    f"{', '.join(one for one in ROLES if one in GIVEN)}.",
    "password_short": "A password has at least 8 characters, better 15; nothing was changed.",
    "password_long": "A password has at most 256 characters; nothing was changed.",
    "password_common": "That password is one that everybody tries first; nothing was changed. Take several words.",
    "unknown_user": "Nobody is named {name}; nothing was changed. `campus-edge user list` shows who there is.",
    "unknown_token": "No token is named {name}; nothing was changed. `campus-edge token list` shows which there are.",
    "last_administrator": "{name} is the last administrator; nothing was changed. Add another one first.",
    "bad_expiry": "That time is past, or more than 100 years away; nothing was changed.",
    "room_needs_device": "Only a token of role device is a room's screen; nothing was changed.",
    "no_such_screen": "No output of driver screens has a room {room}; nothing was changed.",
    "accounts_not_read": "The disk does not give the accounts; nothing was changed. Doors and buttons work on. Try again.",
    "hasher_busy": "Passwords cannot be hashed at this moment; nothing was changed. Doors and buttons work on. Try again.",
    "not_yours": "This socket answers its owner and root only; nothing was changed.",
    "unknown_camera": "No camera {camera} is configured; nothing was changed.",
    "cameras_away": "The camera process is being started again; nothing was changed. Doors and presses work; try again.",
    "camera_lost": "No picture comes from camera {camera} now, so nothing can be learned. Nothing was changed.",
    "stopping": "The daemon is stopping; it may or may not have done it. Look at `campus-edge status`.",
    "rule_failed": "A rule failed on this request. Look at `campus-edge status`, and act by hand.",
    **ticket_words.REFUSALS,
    **drill_words.REFUSALS,
    **exterior_words.REFUSALS,
    **inspection_words.REFUSALS,
    **response_words.REFUSALS,
    **tabletop_words.REFUSALS,
}

NOT_IN_QUIET: Final = (
    "Your role may do this while an incident or a drill is live, and nothing is now. Nothing was done: "
    "a person of the school does it, or starts what is happening."
)
NOT_YOURS: Final[Mapping[str, str]] = {
    "look": "see the campus",
    "look-duress": "see silent calls",
    "watch": "look through cameras",
    "start": "start a response",
    "start-drill": "start a drill",
    "acknowledge": "start what a press asked for",
    "dismiss": "dismiss a press",
    "alerts": "see what detectors report",
    "detect": "report for a detector",
    "lock": "lock doors",
    "unlock": "unlock doors",
    "release": "release doors",
    "close": "end an incident",
    "note": "write notes",
    "walk-test": "test buttons",
    "selftest": "run self-tests",
    "measure": "record what is done about a flag",
    "record": "read the record",
    "export": "take the record out",
    "assets": "see the inventory",
    "assets-write": "change the inventory",
    "people": "manage accounts",
    "configure": "change the configuration",
    "report": "report a fault",
    "read-tickets": "read tickets",
    "work-tickets": "work on tickets",
    "sign-sweep": "sign what the weekly sweep found at a door",
    "inspect": "sign for inspections",
    "screen": "show a room's screen",
    "answer-room": "answer for a room",
    "speak": "approve words for families and media",
    "coordinate": "take part in an incident's post",
    "respond": "see the responders' page",
    "report-room": "say how a room is",
    "metrics": "read the figures",
}
"""Each right, as what somebody without it may not do."""

LINKS: Final[Mapping[str, str]] = {
    "daemon": "the box",
    "broker": "broker",
    "controller": "controller",
    "input": "input",
    "button": "report of button",
    "decision": "decision",
    "lock": "reading of lock",
    "output": "output",
}
OUTCOMES: Final[Mapping[str, str]] = {
    "proven": "proven",
    "not_proven": "NOT PROVEN",
    "behind": "not reached",
    "untestable": "cannot be tested silently",
}
TEST_CODES: Final[Mapping[str, str]] = {
    "no_answer": "No answer came in time.",
    "session_down": "The session with the broker is down.",
    "never_heard": "It was not heard since start. Check its power, cable and address.",
    "silent": "It is silent. Check its power, battery and network.",
    "refused": "It refused the connection. Check its address and its key, and that it runs.",
    "unreachable": "It cannot be reached. Check its power, cable and address.",
    "reset": "It hung up. Look whether another program is connected to it.",
    "garbage": "What it answers cannot be right. Look for a second device at its address.",
    "wrong_answer": "Its answers do not fit what was asked. Look for a second device at its address.",
    "one_at_a_time": "It did not answer a second question. Check its power and network.",
    "offline": "It said that it is offline. Check its power and network.",
    "not_read": "It was not read in time. Check its controller and wire.",
    "not_heard_yet": "It was not heard since start. Press it in a walk-test.",
    "nothing_to_read": "Nothing is read of it, so that nothing could answer.",
    "unsupervised": "Its model does not report in time. Press it in a walk-test.",
    "in_walk_test": "It is in a walk-test: a press there is no call now.",
    "would_not_act": "A press would start nothing by itself. Look at the flags.",
    "nothing_locks": "A press would lock no door at all: the interlock holds all of them back.",
    "rule_failed": "A rule failed when it was asked. Look at the log; lock by key.",
    "never_driven": "Its commissioning record lets nobody drive it. Lock it by key.",
    "delayed_egress": "Delayed egress is never driven. It works as its own controller does.",
    "bolt_not_read": "Its bolt was not read. Check the sensor's wire and its controller.",
    "position_not_read": "Whether it is closed was not read. Check the sensor's wire and its controller.",
    "lock_not_read": "Its lock was not read back. Check its controller.",
    "coil_differs": "Its lock is not as it was last told. Somebody else drives it, or it was set by hand.",
    "no_bolt_sensor": "No bolt sensor is wired: it never counts as secured. Try it by hand.",
    "bolt_not_thrown": "It is told to be locked, and its bolt is not. Unlocked by hand, or a sensor that is cut: look.",
    "stands_open": "It stands open, or its sensor is cut. Close it, and test again.",
    "bolt_thrown_at_rest": "Its bolt is thrown and nobody here told it to. Locked by key, or a sensor that is stuck: look.",
    "not_commissioned": "It is not commissioned, so it is never switched.",
    "no_silent_test": "It cannot be tried and not be noticed. Try it in a drill.",
    "not_tested": "It was not tested in time. Check its controller.",
    "not_read_back": "Its coil was not read back. Check its controller.",
    "reads_on": "Its coil reads on, and nobody here switched it on. Look at it.",
    "not_back": "It is not proven back at its rest. Look at the door.",
    "driver_failed": "One of its drivers failed. Its flag says whose; keep the log.",
    "journal_corrupt": "Its record was damaged. Keep the disk, and look at the flag.",
    "journal_hung": "Its disk does not answer. Look at it before the box is switched off.",
    "journal_refused": "Its disk takes no events. Free or replace the disk.",
    "journal_shed": "Its disk takes nothing, and memory is bounded. Replace the disk.",
    "journal_trouble": "Its disk takes no events. Free or replace the disk.",
    "part_failed": "A part of the daemon failed. Keep the log; restart it when nothing is live.",
    "safe_mode": "It runs in safe mode. Look at the configuration and at the log.",
    "not_ended": "It did not run, or did not come to its end.",
    "clock_silent": "The box does not know the time of day any more.",
    "interrupted": "The box stopped in the middle. It is tried again.",
    "superseded": "Another command came first. It is tried again.",
}
"""Why a link is not proven, or cannot be tested; what others say of themselves is shown as it is."""

MODES: Final[Mapping[str, str]] = {
    "normal": "",
    "last_accepted": "on the last accepted configuration",
    "safe": "in SAFE MODE",
}


def fill(text: str, values: Mapping[str, object]) -> str:
    """`text` with its `{names}` replaced; a name without a value becomes `?`. Values are never parsed again."""
    out, rest = [], text
    while True:
        before, opened, rest = rest.partition("{")
        out.append(before)
        if not opened:
            return "".join(out)
        name, closed, after = rest.partition("}")
        if not closed:
            return "".join([*out, opened, rest])
        out.append(str(values.get(name, "?")))
        rest = after


def verdict(word: str, by: str | None = None, code: str = "") -> str:
    """One sentence on a door's verdict; for `refused` who refused and why."""
    said = VERDICTS.get(word, word)
    if word != "refused":
        return said
    if by == "interlock":
        return held(code) if code else said
    return fill(SAID_NO, {"code": f" ({code})" if code else ""})


def test_code(code: str) -> str:
    """Why a self-test did not prove a link, or a lock was not exercised; `""` for none. A link is named as itself."""
    if not code:
        return ""
    kind, stands, subject = code.partition(":")
    if stands:
        return f"It stands behind {LINKS.get(kind, kind)} {subject}: mend that first."
    if code in TEST_CODES or code in HELD:
        return TEST_CODES.get(code) or HELD[code]
    return f"It said no ({code})."


def held(code: str) -> str:
    """Why the interlock holds a door or output back: its own codes, and the hardware table's."""
    return HELD.get(code) or f"Its commissioning record forbids it: {code}."


def not_yours(right: str) -> str:
    """That a role may not do something, and whom to ask."""
    return f"Your role may not {NOT_YOURS.get(right, right)}. Nothing was done: ask an administrator."


def unanswered(why: str) -> str:
    """Why a press started nothing by itself."""
    return UNANSWERED.get(why, why)


def not_armed(code: str) -> str:
    """Why the appliance is not armed."""
    return NOT_ARMED.get(code, code)


DRY_RUN: Final[Mapping[str, str]] = {
    "controller_down": "Its controller does not answer.",
    "stands_open": "It stands open, or its sensor is cut. Close it.",
    "exercise_not_proven": "Its lock was not proven when it was last exercised.",
    "self_test_not_proven": "The last self-test did not prove it.",
    "no_bolt_sensor": "No bolt sensor is wired: nothing would prove that it locked.",
}
"""Why a door would fail, beside what the interlock and the self-test say."""

RETENTION: Final[Mapping[str, str]] = {
    "clock_unsure": "The box's clock is not sure. Mend its time service. "
    "Where there is none, set the clock and write `policies.self_test.clock: by_hand`.",
    "incident_live": "An incident of that time is still live. Close it if it is over.",
    "still_stands": "A press of that time is unanswered, or a door ordered then not released. See to it.",
    "work_open": "A ticket, a report or a week's sweep of that time is still open. Close it, look at it, or sign it.",
    "book_away": "Tickets and assets do not answer: what is still open is not known. Look at their flag.",
    "not_synced": "The district has not acknowledged it yet. Check the connection to the district.",
    "not_answered": "The journal's disk did not answer. Look at its own flag.",
}
"""Why what has had its time is not let go."""

TESTED: Final = frozenset({"link_not_proven", "self_test_overdue", "lock_not_exercised", "exercise_missed"})
"""Flags of self-tests: their argument is the code of why, and shown in words."""


def would_fail(code: str) -> str:
    """Why a door would fail in a lockdown: the dry run's own codes, the self-test's, the interlock's."""
    return DRY_RUN.get(code) or TEST_CODES.get(code) or held(code)


def flag(code: str, subject: str, args: Sequence[str] = ()) -> tuple[str, str]:
    """Title and text of a flag."""
    if code in TESTED:
        args = [test_code(one) for one in args]
    elif code == "would_not_lock":
        args = [" ".join(would_fail(one) for one in args)]
    elif code == "retention_held":
        args = [RETENTION.get(one, one) for one in args]
    elif code == "needs_down":
        args = [asset_words.DOWN.get(one, one) if place == 2 else one for place, one in enumerate(args)]
    elif code == "sweep_unsigned":
        args = [exterior_words.found(one) if place == 2 else one for place, one in enumerate(args)]
    elif code == "changes_often":
        args = [flag(one, subject, ("…",) * 3)[0] if place == 1 else one for place, one in enumerate(args)]
    elif code == "asset_unknown":
        args = [asked_in_words(one) if place == 1 else one for place, one in enumerate(args)]
    values: dict[str, object] = {str(place): one for place, one in enumerate(args)}
    values["subject"] = subject
    title, text = FLAGS.get(code, (f"{code}: {subject}" if subject else code, " ".join(args)))
    return fill(title, values), fill(text, values)


def asked_in_words(questions: str) -> str:
    """Open questions of an asset, `role,zone`, as people ask them."""
    return ", ".join(asset_words.QUESTIONS.get(one, one) for one in questions.split(","))


def reply(code: str, args: Mapping[str, object]) -> str:
    """What became of a person's request."""
    if code not in REFUSALS:
        return f"{code} {' '.join(f'{name}={value}' for name, value in args.items())}".rstrip()
    values = dict(args)
    for table in (asset_words, ticket_words, response_words):
        if code in table.REFUSALS:
            values = table.args_in_words(args)
    if code == "held":
        values["held"] = "; ".join(_held(one) for one in str(args.get("held", "?")).split(", "))
    return fill(REFUSALS[code], values)


def _held(one: str) -> str:
    """`door:code` in words."""
    door, _, code = one.partition(":")
    return f"{door}: {held(code)}"


def plural(count: int, noun: str) -> str:
    """`1 door`, `2 doors`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
