"""What each flag says: title, meaning, what works, what to do; `edge.words.flag` fills in `{subject}`, `{0}`, `{1}`."""

from collections.abc import Mapping
from typing import Final

from edge import (
    alert_words,
    asset_words,
    district_words,
    drill_words,
    exterior_words,
    inspection_words,
    notice_words,
    record_words,
    ticket_words,
)

FLAGS: Final[Mapping[str, tuple[str, str]]] = {
    "button_silent": (
        "Button {subject} is silent",
        "It was not heard for longer than its silence limit. A press there may not arrive: change its battery, then test it.",
    ),
    "button_silent_wired": (
        "Wired button {subject} is not read",
        "A press there may not arrive. A wired button has no battery: check its controller and its wire, then test it.",
    ),
    "button_unproven": (
        "Button {subject} was not heard since start",
        "Nobody knows yet whether a press there arrives. Press it in a walk-test.",
    ),
    "button_battery_low": (
        "Button {subject} has a low battery",
        "Its battery is at {0} percent. It still works: change the battery this week.",
    ),
    "button_said_offline": (
        "Button {subject} said it is offline",
        "Its connection ended. A press there may not arrive: check its power and network, then test it.",
    ),
    "supervision_unknown": (
        "How often button {subject} reports is not known",
        "Neither its model's note nor its silence_limit says so. A dead one is not noticed: test it by hand.",
    ),
    "unsupervised_by_design": (
        "Button {subject} is unsupervised by design",
        "Its model cannot report within 200 s, so a dead one is not noticed. Test it by hand, or replace the model.",
    ),
    "controller_down": (
        "Controller {subject} does not answer",
        "Its doors and inputs are not read and may not lock. Other controllers work: use keys there, check its power and cable.",
    ),
    "door_no_record": (
        "Door {subject} has no commissioning record",
        "It is never driven. In a lockdown send a person with a key; have it commissioned.",
    ),
    "door_defect": (
        "Door {subject} has a commissioning record that contradicts itself",
        "It is never driven ({0}). In a lockdown send a person with a key; have its record corrected.",
    ),
    "nc_relay": (
        "Door {subject} is wired to a normally-closed contact",
        "It locks when told. When its board fails it unlocks: have it wired to the normally-open contact.",
    ),
    "input_unsure": (
        "Input {subject} cannot be trusted",
        "It is stale or unreadable, and the doors it concerns stay free. Check its wiring and its controller.",
    ),
    "fire_input_unsure": (
        "Fire input {subject} cannot be trusted",
        "It counts as active: locks that the fire rule covers stay free. Check the relay and its wiring at once.",
    ),
    "door_stale": (
        "Door {subject} is not read in time",
        "What is shown of it is old. Orders still go to it: look at the door, check its sensors and controller.",
    ),
    "door_unproven": (
        "Door {subject} cannot prove that it is locked",
        "It has no bolt sensor and never counts as secured. Check it by hand in a lockdown, or fit one.",
    ),
    "device_disagrees": (
        "Door {subject}: its controller and its sensors disagree",
        "The controller refused, the sensors say locked. The sensors are shown: check the door by hand.",
    ),
    "coil_differs": (
        "Door {subject}: its coil does not hold what was written",
        "Something else may drive this lock. A lock order is written again: find the other program or the wiring fault.",
    ),
    "retained_press": (
        "Button {subject} sends its presses retained",
        "The broker repeats an old one at each start, and it starts nothing. Switch `retain` off in the device.",
    ),
    "screen_token_loose": (
        "A room's screen uses a token that is good for any room",
        "Whoever has it could answer for a room that they are not in. "
        "Make each screen a token of its room (token create --room). Enrol it by that one, then revoke the old token.",
    ),
    "accounts_damaged": (
        "The file of accounts was not whole",
        "The one before it is used, if there is one: {0}. Presses work. Look who is left; disable and revoke again.",
    ),
    "accounts_gone": (
        "The accounts of this box are gone",
        "The record knows of some. Presses and the box's own command line work; nobody can sign in. If none of you removed them, "
        "take it for a break-in. Bring the store back from a backup, or use the recovery code in `set-up-code`.",
    ),
    "accounts_unknown": (
        "Nobody is in the accounts of this box",
        "The record cannot be asked whether anybody was. Presses and the box's own command line work. Look after the disk first. "
        "Then bring the store back from a backup, or use the code in `set-up-code`.",
    ),
    "accounts_not_saved": (
        "A change of accounts is not on disk",
        "The disk refused: {0}. It holds until the next start, and is tried again every 5 s. Free or replace the disk.",
    ),
    "not_armed": (
        "The appliance is not armed",
        "A press may not be decided or may reach no lock. Use keys and phones; see the flags below for the reason.",
    ),
    "presses_session_down": (
        "The broker session for presses is down",
        "Presses by network buttons do not arrive. Wired buttons and `campus-edge press` still work: check the broker.",
    ),
    "status_session_down": (
        "The broker session for button reports is down",
        "Presses still arrive. Silent buttons are not noticed: check the broker.",
    ),
    "unanswered_press": (
        "A press of button {subject} waits for an answer",
        "It started nothing by itself. Look there now, then: campus-edge answer {0} --start or --dismiss --reason …",
    ),
    "door_unknown": (
        "Door {subject} was not read since start",
        "Nobody knows whether it is locked. Orders still go to it: look at the door, check its sensors.",
    ),
    "freed_by_fire": (
        "Door {subject} was freed by the fire rule",
        "It stays free until a person locks it. Once the alarm is quiet, lock it by name or press again.",
    ),
    **record_words.FLAGS,
    **district_words.FLAGS,
    "book_away": (
        "Tickets, assets and inspections are away",
        "Their process ended ({0}) and is started again. Presses, doors and the record work; its flags stand as they were.",
    ),
    "asset_unknown": (
        "Nobody knows everything about {subject}",
        "Of this safety equipment is not said: {1}. It still works as it is: say what, where, whose, what for, and until when.",
    ),
    "support_over": (
        "{subject} is not supported any more",
        "Its support ended on {1}. It works on, and its next flaw stays: plan its replacement.",
    ),
    "firmware_unknown": (
        "Nobody knows how sound the firmware of {subject} is",
        "It works as it does. Why: {1}. See `campus-edge firmware`, and look at the device itself.",
    ),
    "firmware_unsupported": (
        "The firmware of {subject} is too old for this product",
        "What it reports may be wrong ({1}). Renew it with the vendor's tool when nothing is live; then test its doors.",
    ),
    "firmware_end_of_life": (
        "{subject} gets no more firmware from its vendor",
        "It works on, and its next flaw stays ({1}): plan its replacement.",
    ),
    "firmware_flawed": (
        "The firmware of {subject} has published flaws",
        "It works on: {1}. Renew the firmware; until then nobody but this appliance should reach it.",
    ),
    "firmware_exploited": (
        "The firmware of {subject} has a flaw that attackers use",
        "It works on, and may be entered: {1}. Renew or replace it now; until then take it off every network but its own.",
    ),
    "bundle_missing": (
        "No list of published flaws was brought: {1}",
        "Devices work; which are flawed nobody knows. Bring the lists: page Firmware, or `campus-edge import cve|kev FILE`.",
    ),
    "bundle_old": (
        "The list of published flaws is old: {1} days at most",
        "Devices work; newer flaws are not seen. Bring a newer list: page Firmware, or `campus-edge import cve|kev FILE`.",
    ),
    "recommission": (
        "{subject} is to be commissioned again",
        "It was replaced on {1}, and nobody said that it was tried out. Try it, then say so on its page.",
    ),
    "other_piece": (
        "{subject} says that it is another piece",
        "Its serial number is not the known one. It works as configured. If you replaced it, say so on its page, and try it. "
        "If not, look who did.",
    ),
    "device_unlisted": (
        "{subject} is not in the configuration any more",
        "It is still said to be in use. Nothing watches it: say on its page what became of it.",
    ),
    "retired_heard": (
        "{subject} is retired and was heard",
        "Somebody may have put it back. Look at it: take it out, or take it back on its page.",
    ),
    "map_old": (
        "The map of {1} was not verified in time",
        "{2}: last walk-through {3}, and {4} days is the most. It may lead a responder wrong. "
        "Walk through with it, then bring it with the day.",
    ),
    "stock_low": (
        "Few {1} are left",
        "{2} lie in stock, and {3} should. What is in use works on: order more.",
    ),
    "needs_down": (
        "{subject} does without what it needs",
        "It needs {1}, and {2}. It may not work: use another way for now, and mend {1}.",
    ),
    "asset_missed": (
        "{subject} was not found",
        "Round {1} looked for it. Nobody may count on it: look for it, then say so on its page.",
    ),
    "fault_reported": (
        "Somebody reported a fault of {subject}",
        "They did not sign in, and it may be nothing. Look at it: its page has what they wrote.",
    ),
    **inspection_words.FLAGS,
    **ticket_words.FLAGS,
    **asset_words.FLAGS,
    **exterior_words.FLAGS,
    **notice_words.FLAGS,
    **alert_words.FLAGS,
    **drill_words.FLAGS,
    "driver_failed": (
        "The driver of controller {0} failed",
        "It is started again every second; its doors may not lock meanwhile. Use keys there; keep the log.",
    ),
    "part_failed": (
        "A part of the daemon failed: {0}",
        "Doors and buttons work on. Keep the log; restart the daemon when nothing is live.",
    ),
    "loop_slow": (
        "The daemon was held up for {0} ms",
        "Doors still lock; a press may have waited so long ({1}). Another program on this box may be busy: end it. "
        "Else keep the log, and call the maker.",
    ),
    "embedded_broker_down": (
        "The embedded broker does not run",
        "Presses by network buttons do not arrive; it is started again: {0}. Wired buttons and `press` still work.",
    ),
    "mqtt_presses_topics_refused": (
        "The broker refuses topics of buttons",
        "Presses on {0} do not arrive; others do. Allow this daemon to read them in the broker's rules.",
    ),
    "mqtt_status_topics_refused": (
        "The broker refuses topics of button reports",
        "Presses arrive; silence on {0} is not noticed. Allow this daemon to read them in the broker's rules.",
    ),
    "journal_trouble": (
        "Events are not being recorded",
        "Doors still lock. The disk refused: {0}. Free or replace the disk; nothing is lost while the box runs.",
    ),
    "disk_low": (
        "The disk is nearly full",
        "Recording still works; less than {0} MB are left. Find what fills the disk, make room now.",
    ),
    "room_given": (
        "The disk was full, and its reserve is in use",
        "Given up for room: {0}. Doors still lock; lists may be missing. Make room: they come back by themselves.",
    ),
    "accepted_not_kept": (
        "The accepted configuration is not on disk",
        "The daemon works on it ({0}). If its file breaks, the next start has an older one, or none. Look at the store's disk "
        "and whose it is, then reload.",
    ),
    "exits_not_kept": (
        "The last press of an exit button could not be written down ({0})",
        "Doors lock as before. After a restart, those with an exit button would lock 30 s late. Check the disk.",
    ),
    "retention_held": (
        "A part of the record is kept for longer than you chose",
        "{0} The record is whole, and its disk fills.",
    ),
    "config_refused": (
        "The configuration on disk was refused",
        "The last accepted one is in use and doors lock. Run `campus-edge check` and correct what it names. If it names "
        "nothing, the file changes what an incident or the record needs. The log says the line.",
    ),
    "last_accepted": (
        "Running on the last accepted configuration",
        "The file on disk could not be used. Doors lock as before: run `campus-edge check`, correct it, reload. If it "
        "names nothing, the file changes what an incident or the record needs. The log says the line.",
    ),
    "safe_mode": (
        "Running in safe mode",
        "Several starts failed. A press locks; no page, no sync. Read the log, then `campus-edge status --leave-safe-mode`.",
    ),
    "rule_failed": (
        "A rule failed on {0}",
        "Prepared commands went out instead where a lockdown was asked for. Check every door by hand; keep the log.",
    ),
    "message_refused": (
        "Messages on {subject} cannot be read",
        "They started nothing. Check the device's format in the configuration, or who else publishes there.",
    ),
    "loop_lag": (
        "The appliance is slow",
        "It lagged by {0} ms. Presses still work, later: see what else runs on this machine.",
    ),
    "link_not_proven": (
        "Self-test: {subject} is not proven",
        "{0} Everything else works on: mend it, then test again.",
    ),
    "self_test_overdue": (
        "The daily self-test is overdue",
        "{0} Presses work as before: run `campus-edge selftest`, and look at the log.",
    ),
    "lock_not_back": (
        "Door {subject} is not back at its rest",
        "Its lock was exercised and is not proven at its rest. From inside it opens as always: look at the door.",
    ),
    "lock_not_exercised": (
        "The lock of door {subject} was not proven when it was exercised",
        "{0} It may not lock in an emergency. Lock it by key; have it mended, then try it.",
    ),
    "exercise_missed": (
        "The lock of door {subject} was not exercised",
        "Its hours went by without it. {0} It is driven as before: try it by hand.",
    ),
    "camera_offline": (
        "Camera {subject} is offline",
        "No picture comes ({0}), and nobody can see there. Check its power, its cable and its address; its page says more.",
    ),
    "camera_frozen": (
        "Camera {subject} shows a frozen picture",
        "It sends the same picture again and again, and what happens there is not seen. Restart it.",
    ),
    "camera_black": (
        "Camera {subject} shows nothing but black",
        "Nothing is to be seen there. Check its lens, its cover and its night light.",
    ),
    "camera_covered": (
        "Camera {subject} is covered",
        "Something is in front of its lens, and nobody can see there. Send somebody.",
    ),
    "camera_turned": (
        "Camera {subject} looks elsewhere than it did",
        "It was turned or moved. Turn it back, or have its picture learned anew on its page.",
    ),
    "camera_tampered": (
        "Camera {subject} says that somebody tampers with it",
        "It judged that it was covered, turned, blinded or defocused. Look through it, and send somebody.",
    ),
    "camera_clock": (
        "The clock of camera {subject} is wrong",
        "It is {0} seconds {1}, and times in its pictures are no evidence. Give it this network's NTP server.",
    ),
    "cameras_unwatched": (
        "No camera is watched",
        "The camera process does not stay up: no picture is shown or kept. Doors and presses work. See the log.",
    ),
    "evidence_disk_full": (
        "No room for pictures",
        "Pictures of drills and routine are not kept any more. Incidents' are, as long as it lasts: make room on the disk.",
    ),
    "evidence_not_written": (
        "Pictures of an incident are not being written",
        "The disk does not take them. The record, doors and presses work: check the disk.",
    ),
    "cameras_ring_short": (
        "Pictures from before a press reach back less far",
        "Memory for them is used up. Raise policies.evidence.memory_mb, or lower the cameras' bit rates.",
    ),
    "cameras_looks_behind": (
        "Pictures are looked at more seldom",
        "Judging them takes too much of the processor. A covered or frozen camera is noticed later.",
    ),
    "output_not_commissioned": (
        "Output {subject} is not commissioned",
        "It is never switched. Doors lock as before: have it commissioned and dated in the configuration.",
    ),
    "output_not_driven": (
        "Output {subject} has a driver this version does not have",
        "It is never switched. Doors lock as before: use another route for now.",
    ),
    "told_one_way": (
        "In {subject} a lockdown is told by fewer than two unlike ways",
        "Doors lock as before. Where one fails, nobody is told. Add and commission an unlike output, for all hours.",
    ),
    "no_second_channel": (
        "Who does not answer {subject} cannot be tried another way",
        "In an incident they are named, and somebody must go there. Commission another of short messages, mail or "
        "webhook, in its zone or above.",
    ),
    "perimeter_leave": (
        "A lockdown leaves the exterior doors as they are",
        "That is the approved policy of this site. Exterior doors need keys or their own schedule.",
    ),
    "narrow_lockdown": (
        "Button {subject} locks only a part of the campus",
        "Its lockdown is written narrower than the campus. Make sure everybody there knows.",
    ),
    "free_not_read_back": (
        "Door {subject} was freed for fire and is not read back free",
        "It is written free again and again. Send a person to hold it open.",
    ),
    "control_socket": (
        "The control socket cannot be opened",
        "{0}. Doors and buttons work; this command line does not: look at the store directory. Tried again every 5 s.",
    ),
    "web_port": (
        "The web port cannot be opened",
        "{0}. Doors, buttons and this command line work. It is tried again every 5 s: see what else uses the port.",
    ),
    "web_certificate": (
        "The web certificate is no good",
        "{0}. Doors, buttons and this command line work. It is looked at every 5 s: replace certificate or key.",
    ),
    "secret_missing": (
        "A secret file cannot be read",
        "The last accepted one is in use. Run `campus-edge check` and put the file back.",
    ),
    "unlisted_device": (
        "Something unlisted is on the safety network",
        "{0} answer there and are in no inventory (makers: {1}). Find them; list or remove them.",
    ),
    "device_mac_changed": (
        "Another device answers at the address of {subject}",
        "Its MAC is not what it was. If you replaced it, write the new MAC under policies.network.known; if not, look now.",
    ),
    "device_off_subnet": (
        "{subject} is outside of the safety networks",
        "Its address {0} lies in none of them. Move it, or name its network in the configuration.",
    ),
    "camera_open": (
        "Camera {subject} shows its pictures to anybody",
        "It answered without the password that is configured. Switch anonymous viewing off in it.",
    ),
    "broker_anonymous": (
        "The broker lets anybody in",
        "It took a session without a name. Set allow_anonymous to false: a stranger could press buttons.",
    ),
    "password_default": (
        "{subject} has a password that stands in manuals",
        "Whoever looks it up gets in. Give the device a password of its own. Write it into the file that is configured.",
    ),
    "modbus_asks_nobody": (
        "{0} controllers take orders from anybody on their network",
        "Modbus knows no password; that is its design. Keep their network apart from all others.",
    ),
    "network_not_read": (
        "The box cannot read its own neighbours",
        "The system said: {0}. What is on the safety network is not watched. Doors and presses work.",
    ),
    "would_not_lock": (
        "Door {subject} would fail in a lockdown",
        "{0} Mend it; until then send a person with a key in a lockdown.",
    ),
    "child_down": (
        "The helper process {subject} ended",
        "It is started again. Doors on its bus do not answer meanwhile; others do: use keys there.",
    ),
}
