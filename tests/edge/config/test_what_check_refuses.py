"""Each thing that is well formed and wrong all the same, at the line and key where a person would look for it."""

# ruff: noqa: E501 - one row of a table is one line

from pathlib import Path

import pytest

from edge.config.check import read
from tests.edge.config.campuses import FILES, KEY, SOUND, checked, edit, line_of

Edits = tuple[tuple[str, str], ...]
HARDWARE = "doors[a-101].hardware"
DOORS = "  - {id: gym-west, name: Gym west, zone: gym, kind: interior, controller: reader, lock: {output: 0, locked_when: on}}\n"
POLICIES = "policies:\n  responses: standard\n"
STROBE = "outputs:\n  - {id: strobe, driver: modbus-coil, controller: plc, coil: 5, zone: a, commissioned: 2026-08-14}\n"


def hardware(text: str) -> Edits:
    """Changes to the record of room 101, as `key: value, ...`."""
    old = {
        "type": "strike", "egress": "free-mechanical", "on_power_loss": "secure", "on_comm_loss": "hold",
        "relay": "no", "fire_rated": "true", "locked_when": "off}\n    bolt",
    }  # fmt: skip
    changes = []
    for part in text.split(", "):
        key, value = part.split(": ")
        tail = "}\n    bolt" if key == "locked_when" else ""
        changes.append((f"{key}: {old[key]}", f"{key}: {value}{tail}"))
    return tuple(changes)


def calendar(key: str) -> Edits:
    """A calendar of the school with this key in the place of its own, or beside them."""
    keys = {"begins": "2026-08-17", "until": "2027-06-11", "hours": '"07:30-15:30"'}
    name, _, value = key.partition(": ")
    text = ", ".join(f"{one}: {said}" for one, said in {**keys, name: value}.items())
    return (("policies:\n", f"policies:\n  calendar: {{{text}}}\n"),)


def mail(keys: str) -> Edits:
    """An output that mails beyond this machine, with these keys."""
    output = f"outputs: [{{id: m, driver: smtp, host: mail.example.org, to: [a@example.org], commissioned: 2026-08-14, {keys}}}]\n"
    return ((POLICIES, output),)


def webhook(keys: str) -> Edits:
    """An output that is a webhook, with these keys."""
    return ((POLICIES, f"outputs: [{{id: w, driver: webhook, commissioned: 2026-08-14, {keys}}}]\n"),)


@pytest.mark.parametrize(
    ("edits", "path", "marker", "what"),
    [
        ((("policies:\n", "policies:\n  floorplans: {points: 2000000}\n"),), "policies.floorplans.points", "2000000", "1000000"),
        ((("policies:\n", "policies:\n  floorplans: {file_mb: 0}\n"),), "policies.floorplans.file_mb", "file_mb", "1"),
        ((("policies:\n", "policies:\n  floorplans: {points: 1000, things: 2000}\n"),), "policies.floorplans.points", "points: 1000", "are fewer than the 2000 things"),
        ((("policies:\n", "policies:\n  tickets: {after: {lock-odl: 7d}}\n"),), "policies.tickets.after", "lock-odl", "there is no step or opening 'lock-odl'"),
        ((("policies:\n", "policies:\n  inspections: {every: {aed-montly: 14 days}}\n"),), "policies.inspections.every", "aed-montly", "there is no check 'aed-montly'"),
        ((("policies:\n", "policies:\n  inspections: {off: {generator: None here}}\n"),), "policies.inspections.off", "generator", "there is no check 'generator'"),
        ((("policies:\n", "policies:\n  inspections: {every: {aed-monthly: 14d}}\n"),), "policies.inspections.every.aed-monthly", "14d", "is no interval of inspections"),
        ((("policies:\n", "policies:\n  incident_roles: [{role: safety, primary: A, deputies: [B, a]}]\n"),),
         "policies.incident_roles", "incident_roles:", "stands in for themselves as safety"),
        ((("policies:\n", "policies:\n  incident_roles: [{role: safety, primary: A}, {role: safety, primary: B}]\n"),),
         "policies.incident_roles", "incident_roles:", "safety is there twice"),
        ((("policies:\n", "policies:\n  inspections: {certified: [{name: R. Ortiz, holds: [fire], until: 2027-08-31}]}\n"),),
         "policies.inspections.certified", "holds: [fire]", "there is no certificate 'fire'"),
        # --- the school's calendar
        (calendar("until: 2026-06-11"), "policies.calendar.until", "until: 2026-06-11", "ends before it begins"),
        (calendar("days: []"), "policies.calendar.days", "days: []", "no school day in any week"),
        (calendar('hours: "22:00-06:00"'), "policies.calendar.hours", "hours:", "goes over midnight"),
        (calendar("exceptions: [{date: 2026-11-26}, {date: 2026-11-26}]"), "policies.calendar.exceptions", "exceptions", "2026-11-26 is there twice"),
        (calendar("exceptions: [{date: 2027-11-26}]"), "policies.calendar.exceptions", "exceptions", "outside of what this calendar knows"),
        (calendar('exceptions: [{date: 2026-11-26, hours: "12:00-08:00"}]'), "policies.calendar.exceptions", "exceptions", "goes over midnight"),
        (calendar('community: [{id: league, zones: [gym], hours: "18:00-21:00"}]'), "policies.calendar.community", "community", "on no day at all"),
        (calendar('community: [{id: u, zones: [gym], days: [tue], hours: "18:00-21:00"}, {id: u, zones: [gym], days: [wed], hours: "18:00-21:00"}]'), "policies.calendar.community", "community", "'u' is there twice"),
        (calendar('community: [{id: league, zones: [gym], days: [tue], hours: "20:00-02:00"}]'), "policies.calendar.community", "community", "goes over midnight"),
        # --- ids and references
        ((("id: gym-west", "id: gym"),), "doors[gym].id", "id: gym, name: Gym west", "used twice: here and at zones[gym]"),
        ((("id: gym,", "id: a-1,"),), "zones[2].id", "name: Gym}", "used twice"),
        ((("id: gym,", "id: campus,"), ("zone: gym,", "zone: campus,")), "zones[campus].id", "id: campus", "word of scope"),
        ((("id: gym,", "id: lincoln-hs,"), ("zone: gym,", "zone: a,")), "zones[lincoln-hs].id", "name: Gym}", "used twice"),
        ((("parent: a}", "parent: b}"),), "zones[a-1].parent", "parent: b", "there is no zone 'b'"),
        ((("parent: a}", "parent: plc}"),), "zones[a-1].parent", "parent: plc", "'plc' is one of controllers"),
        ((("name: Building A}", "name: Building A, parent: a-1}"),), "zones[a].parent", "Building A, parent", "lies within itself"),
        ((("controller: reader,", "controller: raeder,"),), "doors[gym-west].controller", "raeder", "did you mean 'reader'?"),
        ((("zones: [a]}", "zones: [b]}"),), "inputs[fire].zones[0]", "zones: [b]", "there is no zone 'b'"),
        ((("active_when: on, doors: [a-101]}\n  - {id: exit", "active_when: on, doors: [a-102]}\n  - {id: exit"),),
         "inputs[rex-101].doors[0]", "rex-101", "did you mean 'a-101'?"),
        ((("zones: [a]}", "zones: [a, a]}"),), "inputs[fire].zones", "id: fire", "twice"),
        ((("zones: [a]}", "doors: [a-101]}"),), "inputs[fire].kind", "id: fire", "covers no zone"),
        ((("zones: [a]}", "zones: [a], doors: [a-101]}"),), "inputs[fire].doors", "id: fire", "covers zones, not doors"),
        ((("active_when: on, doors: [a-101]}\n  - {id: exit", "active_when: on}\n  - {id: exit"),),
         "inputs[rex-101].kind", "rex-101", "a rex input opens no door"),
        ((("active_when: on, doors: [a-101]}\n  - {id: exit", "active_when: on, doors: [a-101], zones: [a]}\n  - {id: exit"),),
         "inputs[rex-101].zones", "rex-101", "belongs to doors"),
        # --- points
        ((("discrete_input: 7", "discrete_input: 6"),), "buttons[pb-office].wired.discrete_input", "discrete_input: 6, pressed",
         "discrete input 6 of plc is claimed twice: by input fire and by button pb-office"),
        (((POLICIES, POLICIES + STROBE.replace("coil: 5", "coil: 0")),), "outputs[strobe].coil", "id: strobe", "by the lock of door a-101"),
        ((("bolt: {discrete_input: 0,", "bolt: {input: 0,"),), "doors[a-101].bolt.input", "bolt:", "which has no inputs"),
        ((("lock: {output: 0, locked_when: on}", "lock: {coil: 0, locked_when: on}"),), "doors[gym-west].lock.coil", "gym-west",
         "reader speaks osdp, which has no coils; name its output"),
        ((("lock: {output: 0, locked_when: on}", "lock: {output: 64, locked_when: on}"),), "doors[gym-west].lock.output", "gym-west",
         "has no output 64; they are counted from 0 to 63"),
        ((("host: 10.20.1.11", "host: 10.20.1.11, model: wago-750"), ("{coil: 0,", "{coil: 512,")), "doors[a-101].lock.coil",
         "coil: 512", "wago-750 plc has no coil 512; they are counted from 0 to 511"),
        ((("lock: {coil: 0, locked_when: off}", "lock: {locked_when: off}"),), "doors[a-101].lock.coil", "lock: {locked_when: off}",
         "has no point; add coil: with its number"),
        ((("lock: {output: 0, locked_when: on}", "lock: {output: 0, coil: 1, locked_when: on}"),), "doors[gym-west].lock.coil",
         "gym-west", "has two points, coil and output; keep only output"),
        ((("discrete_input: 7, pressed_when: off", "discrete_input: 7, pressed_when: off, counter: {}"),),
         "buttons[pb-office].wired.counter.input_register", "counter", "has no point"),
        ((("discrete_input: 7, pressed_when: off", "discrete_input: 7, pressed_when: off, counter: 4, latch: {input_register: 4}"),),
         "buttons[pb-office].wired.latch.input_register", "counter", "claimed twice"),
        # --- the commissioning record; every combination of it is in tests/rules/test_hardware.py
        (hardware("on_power_loss: safe"), f"{HARDWARE}.fire_rated", "fire_rated", "must latch without power"),
        (hardware("locked_when: on"), "doors[a-101].lock.locked_when", "lock: {coil", "locked without current"),
        (hardware("relay: nc"), f"{HARDWARE}.relay", "relay", "must be unlocked when we fall silent"),
        (hardware("type: maglock"), f"{HARDWARE}.on_power_loss", "on_power_loss", "opens without power"),
        (hardware("egress: sensor-release"), f"{HARDWARE}.egress", "egress", "release by fire alarm was never tested"),
        ((("kind: classroom", "kind: stair"),), f"{HARDWARE}.type", "type: strike", "does not say which side"),
        ((("mounted: secure-side", "mounted: attack-side"),), "doors[gym-west].lock.output", "gym-west", "on the attack side"),
        (((", mounted: secure-side", ""),), "doors[gym-west].lock.output", "gym-west", "nobody said on which side"),
        ((("kind: classroom", "kind: exterior"), ("by: A. Smith", 'by: A. Smith\n      self_test: {hours: "22:00-05:00"}')),
         f"{HARDWARE}.self_test", "self_test", "never exercised unattended"),
        # --- the perimeter
        ((("kind: classroom", "kind: exterior"),), "policies.perimeter_on_lockdown", "policies:", "nobody chose what lockdown does"),
        ((("kind: classroom", "kind: exterior"), (POLICIES, "")), "doors[a-101].kind", "kind: exterior", "nobody is named who approved"),
        ((("kind: classroom", "kind: exterior"), ("responses: standard", "perimeter_on_lockdown: leave")),
         "policies.perimeter_approved", "policies:", "nobody is named who approved"),
        # --- network
        ((("mqtt://127.0.0.1:1883", "mqtt://10.0.0.5:1883"),), "mqtt.url", "^mqtt:", "plain MQTT beyond this machine"),
        ((("mqtt://127.0.0.1:1883", "mqtts://10.0.0.5:8883"),), "mqtt.url", "^mqtt:", "is anonymous beyond this machine"),
        ((("mqtt://127.0.0.1:1883", "mqtts://127.0.0.1:8883/x"),), "mqtt.url", "^mqtt:", "more than scheme, host and port"),
        ((("mqtt://127.0.0.1:1883", "mqtt://me:pw@127.0.0.1"),), "mqtt.url", "^mqtt:", "user name or password in the address"),
        ((("mqtt://127.0.0.1:1883", "ws://127.0.0.1:80"),), "mqtt.url", "^mqtt:", "begin with mqtts:// or mqtt://"),
        ((('1883"}', '1883", username: x}'),), "mqtt.password_file", "^mqtt:", "is missing beside the other"),
        ((('1883"}', '1883", ca_file: reader-key}'),), "mqtt.ca_file", "^mqtt:", "ca_file is for mqtts://"),
        ((('1883"}', '1883", embedded: true, listen: "127.0.0.1:1884"}'),), "mqtt.embedded", "^mqtt:", "the url of another"),
        ((('{url: "mqtt://127.0.0.1:1883"}', "{embedded: true}"),), "mqtt.listen", "^mqtt:", "missing key"),
        ((('{url: "mqtt://127.0.0.1:1883"}', '{embedded: true, listen: "0.0.0.0:1883"}'),), "mqtt.listen", "^mqtt:", "this machine only"),
        ((('{url: "mqtt://127.0.0.1:1883"}', '{embedded: true, listen: "127.0.0.1:1883", username: x}'),), "mqtt.username", "^mqtt:",
         "takes no username"),
        ((('{url: "mqtt://127.0.0.1:1883"}', '{listen: "127.0.0.1:1883"}'),), "mqtt.listen", "^mqtt:", "only an embedded broker listens"),
        ((('{url: "mqtt://127.0.0.1:1883"}', "{}"),), "mqtt.url", "^mqtt:", "missing key"),
        ((('mqtt: {url: "mqtt://127.0.0.1:1883"}\n', ""),), "mqtt", "campus:", "there are MQTT buttons and no broker"),
        (((POLICIES, 'web: {listen: "10.20.0.5:8443"}\n'),), "web.listen", "web:", "plain HTTP on 10.20.0.5"),
        (((POLICIES, 'web: {listen: "0.0.0.0:8443"}\n'),), "web.listen", "web:", "plain HTTP on 0.0.0.0"),
        (((POLICIES, 'web: {listen: "8443"}\n'),), "web.listen", "web:", "is no address with a port"),
        (((POLICIES, 'web: {listen: "127.0.0.1:0"}\n'),), "web.listen", "web:", "is no address with a port"),
        (((POLICIES, "web: {}\n"),), "web.listen", "web:", "missing key"),
        (((POLICIES, 'web: {listen: "127.0.0.1:8443", certificate: reader-key}\n'),), "web.private_key", "web:", "missing beside the other"),
        (((POLICIES, 'district: {url: "http://hub.example.org", token_file: reader-key}\n'),), "district.url", "district:", "is not https"),
        (((POLICIES, "cameras: [{id: c, name: C, zone: a, url: 'rtsp://u:p@10.0.0.1/s'}]\n"),), "cameras[c].url", "cameras:",
         "user name or password in the address"),
        (((POLICIES, "cameras: [{id: c, name: C, zone: a, url: 'rtsp://u:p/q@r@10.0.0.1/s'}]\n"),), "cameras[c].url", "cameras:",
         "'rtsp://…@10.0.0.1/s' is no such address"),
        (((POLICIES, "outputs: [{id: p, driver: rtp-paging, address: '10.0.0.1:5004', zone: a, commissioned: 2026-08-14}]\n"),),
         "outputs[p].address", "outputs:", "is no multicast address"),
        (((POLICIES, "outputs: [{id: p, driver: rtp-paging, address: '239.example.org:5004', zone: a}]\n"),), "outputs[p].address", "outputs:",
         "is no multicast address"),
        (((POLICIES, "outputs: [{id: p, driver: rtp-paging, address: '[ff02::7]:5004', zone: a}]\n"),), "outputs[p].address", "outputs:",
         "is a group of one link"),
        (((POLICIES, "outputs: [{id: p, driver: rtp-paging, address: '239.1.1.1:5004', zone: a}, "
           "{id: q, driver: rtp-paging, address: '239.1.1.1:5004', zone: gym}]\n"),), "outputs[q].address", "outputs:", "heard over each other"),
        (((POLICIES, "outputs: [{id: p, driver: rtp-paging, address: '239.1.1.1:5004', interface: 'eth 0', zone: a}]\n"),),
         "outputs[p].interface", "outputs:", "is no network interface"),
        (((POLICIES, "outputs: [{id: p, driver: rtp-paging, address: '239.1.1.1:5004', repeat: 1s, zone: a}]\n"),),
         "outputs[p].repeat", "outputs:", "10s"),
        (mail("tls: none"), "outputs[m].tls", "outputs:", "mail in clear beyond this machine"),
        (mail("ca_file: reader-key"), "outputs[m].ca_file", "outputs:", "ca_file is for tls: required, and it is offered"),
        (mail("username: x, tls: required"), "outputs[m].password_file", "outputs:", "password_file is missing beside the other"),
        (mail("password_file: reader-key"), "outputs[m].username", "outputs:", "username is missing beside the other"),
        (mail("username: x, password_file: reader-key"), "outputs[m].username", "outputs:", "whoever passes for the mail server"),
        (mail("sender: 'a b@example.org'"), "outputs[m].sender", "outputs:", "is no mail address"),
        (mail("sender: 'A <a@example.org>'"), "outputs[m].sender", "outputs:", "is no mail address"),
        (((POLICIES, "outputs: [{id: s, driver: gsm-modem, port: /dev//ttyUSB0, to: ['+12175550100'], commissioned: 2026-08-14}]\n"),),
         "outputs[s].port", "outputs:", "/dev/ttyUSB0 is that of 'bus', and a modem shares no port"),
        (((POLICIES, "outputs: [{id: s, driver: gsm-modem, port: /dev/ttyUSB9, to: ['555 0100'], commissioned: 2026-08-14}]\n"),),
         "outputs[s].to[0]", "outputs:", "is no telephone number"),
        (((POLICIES, "outputs: [{id: f, driver: cap-feed, language: spanish, words: {lockdown: Encierro.}}]\n"),),
         "outputs[f].language", "outputs:", "is no language"),
        (((POLICIES, "outputs: [{id: s, driver: screens, zone: a, rooms: ['10/1']}]\n"),), "outputs[s].rooms[0]", "outputs:",
         "is no room of a screen"),
        (((POLICIES, "outputs: [{id: s, driver: screens, zone: a, rooms: ['101', '101']}]\n"),), "outputs[s].rooms[1]", "outputs:",
         "101 has a screen already, by 's'"),
        (((POLICIES, "outputs: [{id: s, driver: screens, zone: a}, {id: t, driver: screens, zone: a}]\n"),), "outputs[t].zone",
         "outputs:", "a has a screen already"),
        (((POLICIES, "outputs: [{id: s, driver: screens, zone: a, rooms: [gym]}]\n"),), "outputs[s].rooms[0]", "outputs:",
         "gym is a zone"),
        (((POLICIES, "outputs: [{id: f, driver: cap-feed, language: es-US}]\n"),), "outputs[f].words", "outputs:", "words is missing"),
        (((POLICIES, "outputs: [{id: f, driver: cap-feed, words: {lockdown: Encierro.}}]\n"),), "outputs[f].language", "outputs:",
         "language is missing"),
        (webhook("url: 'http://10.0.0.9/x', secret_file: signing"), "outputs[w].url", "outputs:", "a webhook in clear beyond this machine"),
        (webhook("url: 'https://u:p@10.0.0.9/x', secret_file: signing"), "outputs[w].url", "outputs:", "user name or password in the address"),
        (webhook("url: 'http://127.0.0.1/x', secret_file: signing, ca_file: reader-key"), "outputs[w].ca_file", "outputs:", "ca_file is for https://"),
        ((("unit: 3}", "unit: 3}\n  - {id: bus-2, driver: modbus-rtu, port: /dev/ttyUSB0, unit: 3}"),), "controllers[bus-2].unit",
         "bus-2", "unit 3 on /dev/ttyUSB0 is already controller 'bus'"),
        ((("unit: 3}", "unit: 3}\n  - {id: bus-2, driver: modbus-rtu, port: /dev/ttyUSB0, baud: 9600, unit: 4}"),),
         "controllers[bus-2].baud", "bus-2", "runs at 19200 baud for 'bus' and at 9600 for this one"),
        ((("unit: 3}", "unit: 3}\n  - {id: bus-2, driver: modbus-rtu, port: /dev//ttyUSB0, parity: none, unit: 4}"),),
         "controllers[bus-2].parity", "bus-2", "runs with parity even for 'bus' and none for this one"),
        ((("unit: 3}", "unit: 3}\n  - {id: bus-2, driver: modbus-rtu, port: /dev/ttyUSB1, unit: 4}"),), "controllers[reader].port",
         "id: reader,", "is shared with 'bus-2', which speaks modbus-rtu"),
        ((("host: 10.20.1.11}", "host: 10.20.1.11}\n  - {id: plc-2, driver: modbus-tcp, host: 10.20.1.11, port: 502}"),),
         "controllers[plc-2].port", "plc-2", "is already controller 'plc'"),
        ((("mounted: secure-side}", "mounted: secure-side}\n  - {id: r-2, driver: osdp, port: /dev/ttyUSB1, baud: 115200, address: 5, "
           "key_file: reader-key, mounted: attack-side}"),), "controllers[r-2].address", "r-2", "address 5 on /dev/ttyUSB1 is already"),
        # --- buttons
        ((("mqtt: {format: native}", "room: '101'"),), "buttons[pb-101].id", "id: pb-101", "neither networked nor wired"),
        ((("mqtt: {format: native}", "mqtt: {}\n    wired: {controller: plc, discrete_input: 9, pressed_when: off}"),),
         "buttons[pb-101].wired", "discrete_input: 9", "both networked and wired"),
        ((("format: native", "format: shelly"),), "buttons[pb-101].mqtt.format", "shelly", "has no default topic"),
        ((("format: native", "format: native, topic: a/+/b"),), "buttons[pb-101].mqtt.topic", "a/+/b", "wildcard"),
        ((("format: native", "format: native, topic: campus/state/x"),), "buttons[pb-101].mqtt.topic", "state/x", "belongs to the appliance"),
        ((("format: native", "format: native, topic: campus/edge/x"),), "buttons[pb-101].mqtt.topic", "edge/x", "belongs to the appliance"),
        ((("gestures: {single: lockdown}", "gestures: {}"),), "buttons[pb-office].gestures", "gestures: {}", "asks for nothing"),
        ((("hold: lockdown", "hodl: lockdown"),), "buttons[pb-101].gestures.hodl", "hodl", "did you mean 'hold'?"),
        ((("hold: lockdown", "triple: lockdown"),), "buttons[pb-101].gestures.triple", "triple", "means the gesture hold; write hold:"),
        ((("hold: lockdown", "emergency: lockdown"),), "buttons[pb-101].gestures.emergency", "emergency", "means the gesture hold"),
        ((("hold: lockdown", "button_down: lockdown"),), "buttons[pb-101].gestures.button_down", "button_down", "is an edge and no gesture"),
        ((("format: native", "format: shelly, topic: s/events/rpc"), ("hold: lockdown", "long_push: lockdown")),
         "buttons[pb-101].gestures.long_push", "long_push", "means the gesture hold; write hold:"),
        ((("hold: lockdown", "hold: {response: lockdown, scope: gim}"),), "buttons[pb-101].gestures.hold.scope", "gim", "did you mean 'gym'?"),
        ((("silence_limit: 180s", "escalate_after: {presses: 3, within: 10s, response: staff-assist}"),),
         "buttons[pb-101].escalate_after.response", "escalate_after", "no more than what one press asks for"),
        ((("silence_limit: 180s", "escalate_after: {presses: 3, within: 10s, response: lockdown, scope: b}"),),
         "buttons[pb-101].escalate_after.scope", "escalate_after", "there is no zone 'b'"),
        ((("gestures: {single: lockdown}", "gestures: {single: lockdown}\n    silence_limit: 20s"),),
         "buttons[pb-office].silence_limit", "silence_limit: 20s", "watched by reading its board"),
        (((POLICIES, "  - {id: pb-2, name: B, zone: a, mqtt: {topic: campus/button/pb-101}, gestures: {hold: lockdown}}\n" + POLICIES),
          ("wired: {controller: plc, discrete_input: 7, pressed_when: off}", "mqtt: {topic: x/y}")),
         "buttons[pb-2].mqtt.topic", "pb-2", "is already button 'pb-101'"),
        # --- policies
        ((("America/Chicago", "../etc/passwd"),), "campus.timezone", "timezone", "there is no time zone"),
        ((("responses: standard", "responses: standrad"),), "policies.responses", "standrad", "did you mean 'standard'?"),
        ((("responses: standard", "responses: own.yaml"),), "policies.responses", "own.yaml", "was not kept"),
    ],
)  # fmt: skip
def test_a_contradiction_is_told_at_the_line_of_its_later_key(
    edits: Edits, path: str, marker: str, what: str
) -> None:
    text = edit(SOUND, *edits)

    found = checked(text)

    here = [problem for problem in found.problems if problem.path == path and what in problem.text()]
    assert len(here) == 1, [problem.text() for problem in found.problems]
    assert here[0].line == line_of(text, marker)
    assert found.config is None


@pytest.mark.parametrize(
    "slip",
    [
        ("kind: classroom", "kind: clasroom"),
        ("egress: free-mechanical", "egress: free"),
        ("relay: no", "relay: off"),
        ("on_comm_loss: hold", "on_comm_loss: holds"),
        ("rest: locked", "rest: lock"),
        ("      on_comm_loss: hold\n", ""),
        ("lock: {coil: 0, locked_when: off}", "lock: {coil: 0, locked_when: closed}"),
        ("thrown_when: on", "thrown_when: yes"),
    ],
    ids=lambda slip: slip[1] or "missing",
)
def test_a_slip_in_a_doors_words_hides_no_contradiction_that_holds_whatever_was_meant(
    slip: tuple[str, str],
) -> None:
    found = checked(edit(SOUND, ("on_power_loss: secure", "on_power_loss: safe"), slip))

    assert any("must latch without power" in problem.what for problem in found.problems)
    assert found.config is None
    assert found.sound is not None
    # Nothing may ever be driven by a word that stands in.
    assert [door.id for door in found.sound.doors] == ["gym-west"]


def test_a_slip_in_a_doors_words_makes_up_no_contradiction() -> None:
    slips = (
        ("type: strike", "type: stik"),
        ("fire_rated: true", "fire_rated: yes"),
        ("relay: no", "relay: off"),
    )

    found = checked(edit(SOUND, *slips, ("kind: classroom", "kind: outside")))

    assert [problem.path for problem in found.problems] == [
        "doors[a-101].kind",
        f"{HARDWARE}.type",
        f"{HARDWARE}.relay",
        f"{HARDWARE}.fire_rated",
    ]


def test_a_wired_button_on_a_slow_bus_is_refused_unless_its_module_counts_or_latches() -> None:
    slow = edit(
        SOUND,
        ("port: /dev/ttyUSB0, unit: 3}", "port: /dev/ttyUSB0, baud: 1200, unit: 3}"),
        (
            "controller: plc, discrete_input: 7, pressed_when: off",
            "controller: bus, discrete_input: 7, pressed_when: off",
        ),
    )

    found = checked(slow).problems

    assert [problem.path for problem in found] == ["buttons[pb-office].wired.discrete_input"]
    assert "a full round of /dev/ttyUSB0 takes" in found[0].what
    assert checked(edit(slow, ("baud: 1200, ", ""))).problems == ()
    assert checked(edit(slow, ("discrete_input: 7, ", "discrete_input: 7, counter: 3, "))).problems == ()
    assert (
        checked(
            edit(slow, ("discrete_input: 7, ", "discrete_input: 7, latch: {holding_register: 3}, "))
        ).problems
        == ()
    )


def test_a_lockdown_narrower_than_the_campus_is_a_notice_for_each_button_and_no_problem() -> None:
    text = edit(
        SOUND,
        ("hold: lockdown", "hold: {response: lockdown, scope: zone}"),
        ("gestures: {single: lockdown}", "gestures: {single: {response: lockdown, scope: gym}}"),
    )

    found = checked(text)

    assert found.problems == ()
    told = [notice.text() for notice in found.notices if "locks down only" in notice.what]
    assert [line.split(": ")[1] for line in told] == [
        "buttons[pb-101].gestures.hold",
        "buttons[pb-office].gestures.single",
    ]
    assert "button 'pb-101' locks down only zone 'a-1', not the campus" in told[0]


@pytest.mark.parametrize(
    ("edits", "path", "what"),
    [
        ((), "doors[gym-west].id", "has no hardware record, so it is never driven"),
        ((("by: A. Smith", "by: A. Smith\n      reentry_release: 2099-01-01"),), f"{HARDWARE}.reentry_release", "is after today"),
        ((("host: 10.20.1.11", "host: plc.school.example"),), "controllers[plc].host", "is a name, not an address"),
        ((("unit: 3}", "unit: 3, model: wago-750}"),), "controllers[bus].model", "a wago-750 speaks modbus-tcp"),
        ((("gestures: {single: lockdown}", "gestures: {single: lockdown, hold: secure}"),), "buttons[pb-office].gestures.hold",
         "hold cannot be told from single"),
        ((("hold: lockdown", "hold: secure"), ("{single: lockdown}", "{single: medical}")), "buttons", "no button can ask for a lockdown"),
        (((POLICIES, STROBE.replace(", commissioned: 2026-08-14", "")),), "outputs[strobe].id", "was not commissioned"),
        (((POLICIES, "outputs: [{id: p, driver: rtp-paging, address: '239.1.1.1:5004', zone: a}]\n"),), "outputs[p].address",
         "leaves by the default route"),
        (((POLICIES, "outputs: [{id: p, driver: rtp-paging, address: '[::1]:5004', codec: g722, zone: a}]\n"),), "outputs[p].address",
         "is this machine: no loudspeaker hears it"),
        ((("policies:\n", "policies:\n  floorplans: {points: 900000}\n"),), "policies.floorplans", "which a phone draws slowly"),
        (((POLICIES, "dispatch: [{id: psap, driver: https}]\n"),), "dispatch[psap].id", "is disabled: no agreement"),
        ((*hardware("relay: nc, on_comm_loss: unlocked, locked_when: on"),), f"{HARDWARE}.relay", "on an nc contact"),
        ((("mounted: secure-side", "mounted: attack-side"), ("lock: {output: 0, locked_when: on}", "bolt: {input: 0, thrown_when: on}")),
         "doors[gym-west].bolt", "can be forged"),
    ],
)  # fmt: skip
def test_what_is_allowed_and_worth_knowing_is_a_notice(edits: Edits, path: str, what: str) -> None:
    found = checked(edit(SOUND, *edits))

    assert found.problems == ()
    assert found.config is not None
    assert any(notice.path == path and what in notice.text() for notice in found.notices), found.notices


def test_a_device_may_begin_its_topic_with_a_slash() -> None:
    found = checked(edit(SOUND, ("format: native", "format: tasmota, topic: /hall/stat/RESULT")))

    assert found.problems == ()


def test_delayed_egress_is_accepted_and_never_driven() -> None:
    delayed = hardware(
        "type: delayed-egress, egress: delayed, on_power_loss: safe, on_comm_loss: unlocked, locked_when: on"
    )
    found = checked(
        edit(SOUND, *delayed, ("by: A. Smith", "by: A. Smith\n      fire_release_tested: 2026-08-14"))
    )

    assert found.problems == ()
    assert any("delayed egress is never driven" in notice.what for notice in found.notices)


def test_a_lost_input_is_not_told_as_a_missing_fire_release_as_well() -> None:
    text = edit(
        SOUND,
        *hardware(
            "egress: hardware-release, on_power_loss: safe, on_comm_loss: unlocked, fire_rated: false, locked_when: on"
        ),
        ("by: A. Smith", "by: A. Smith\n      fire_release_tested: 2026-08-14"),
        ("id: fire, kind: fire-alarm", "id: fire, kind: fire-alrm"),
    )

    assert [problem.path for problem in checked(text).problems] == ["inputs[fire].kind"]


def test_a_broken_page_is_a_problem_that_disarms_nothing() -> None:
    text = edit(
        SOUND, (POLICIES, 'web: {listen: "10.0.0.5:8443", certificate: gone.pem, private_key: gone.key}\n')
    )

    found = checked(text)

    assert [problem.topic for problem in found.problems] == ["web", "web"]
    assert found.blocking == ()
    assert found.config is not None


def test_a_file_that_is_not_there_is_one_problem(tmp_path: Path) -> None:
    found = read(tmp_path / "none.yaml")

    assert [problem.text().split(": ", 1)[1] for problem in found.problems] == [
        "file: cannot be read: No such file or directory; name the configuration with --config; "
        "config/campus.example.yaml is one to start from"
    ]


def test_every_key_of_a_checked_file_knows_its_line() -> None:
    lines = checked(SOUND).lines

    assert lines["doors[a-101].hardware.on_power_loss"] == line_of(SOUND, "on_power_loss")
    assert lines["buttons[pb-office].wired.discrete_input"] == line_of(SOUND, "discrete_input: 7")


def test_a_site_may_bring_its_own_responses_and_broken_ones_are_told_in_their_own_file() -> None:
    standard = Path("rules/packs/responses.yaml").read_bytes()
    text = edit(SOUND, ("responses: standard", "responses: own.yaml"))

    own = standard.replace(b"rank: 40, scope: zone", b"rank: 41, scope: campus")
    found = checked(text, {**FILES, "own.yaml": own})
    assert found.problems == ()
    assert found.packs.responses["hold-in-place"].scope == "campus"
    assert found.packs.hash != checked(SOUND).packs.hash
    assert found.secrets.raw("own.yaml") == own

    bad = standard.replace(
        b"fire: {rank: 80, scope: campus, silent: false, locks: []",
        b"fire: {rank: 80, scope: campus, silent: false, locks: [stair]",
    )
    found = checked(text, {**FILES, "own.yaml": bad})
    assert [problem.path for problem in found.problems] == ["responses.fire"]
    assert found.problems[0].text().startswith("own.yaml:")
    assert "may lock nothing" in found.problems[0].what


def test_two_readers_with_one_key_are_a_notice() -> None:
    text = edit(
        SOUND,
        ("mounted: secure-side}", "mounted: secure-side}\n  - {id: r-2, driver: osdp, port: /dev/ttyUSB1, baud: 115200, "
         "address: 6, key_file: other, mounted: secure-side}"),
    )  # fmt: skip

    found = checked(text, {**FILES, "other": KEY.upper()})

    assert found.problems == ()
    assert any("has the same key as controllers[reader]" in notice.what for notice in found.notices)


def test_a_role_without_two_who_stand_in_is_a_notice() -> None:
    text = edit(
        SOUND, ("policies:\n", "policies:\n  incident_roles: [{role: safety, primary: A, deputies: [B]}]\n")
    )
    found = checked(text)

    assert found.problems == ()
    assert any("fewer than two deputies" in notice.what for notice in found.notices)
    assert found.config is not None
    assert found.config.policies.incident_roles[0].deputies == ("B",)


def test_a_time_of_the_schools_day_in_which_nobody_is_written_to_is_worth_knowing_and_refuses_nothing() -> (
    None
):
    day = "{id: m, driver: smtp, host: 127.0.0.1, to: [a@example.org], commissioned: 2026-08-14, hours: [school, community]}"
    calendar_ = '  calendar: {begins: 2026-08-17, until: 2027-06-11, hours: "07:30-15:30"}\n'
    found = checked(edit(SOUND, (POLICIES, f"outputs: [{day}]\n{POLICIES}{calendar_}")))

    assert found.problems == ()
    told = [notice.text() for notice in found.notices if "policies.calendar" in notice.path]
    assert len(told) == 1
    assert "nobody is written to in the time after-hours, so every route is told then" in told[0]
    assert found.config is not None
    assert [output.hours for output in found.config.outputs if output.id == "m"] == [("school", "community")]  # type: ignore[union-attr]
