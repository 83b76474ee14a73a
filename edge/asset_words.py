"""What the inventory says in words: what each field is called, how a value is written, why something was not done."""

from collections.abc import Mapping
from typing import Final

from edge import ticket_words

FIELDS: Final[Mapping[str, str]] = {
    "class": "Class",
    "type": "Type",
    "zone": "Zone",
    "state": "State",
    "role": "Role in an emergency",
    "supported_until": "Supported until",
    "purchased": "Bought on",
    "cost_cents": "Cost",
    "warranty_until": "Warranty until",
    "replace_year": "To be replaced in",
    "life_years": "Lasts, in years",
    "contract": "Contract",
    "quantity": "How many",
    "name": "Name",
    "tag": "Asset tag",
    "serial": "Serial number",
    "maker": "Maker",
    "model": "Model",
    "room": "Room",
    "order": "Order number",
    "supplier": "Supplier",
    "note": "Note",
    "responsible": "Responsible",
    "holder": "Issued to",
    "issued": "Issued on",
    "due": "Back by",
    "replaced": "Last replaced on",
    "replacements": "Replaced so often",
    "recommission": "To be commissioned since",
    "commissioned": "Commissioned on",
    "commissioned_by": "Commissioned by",
    "seen": "Last seen on",
    "missed": "Missed in round",
    "unlisted": "Not in the configuration any more",
}
QUESTIONS: Final[Mapping[str, str]] = {
    "name": "what it is",
    "zone": "where it is",
    "responsible": "who is responsible",
    "role": "its role in an emergency",
    "supported_until": "until when it is supported",
}
CLASSES: Final[Mapping[str, str]] = {
    "safety": "safety equipment",
    "operational": "operational",
    "digital": "digital",
    "": "no class said",
}
STATES: Final[Mapping[str, str]] = {
    "ordered": "ordered",
    "stock": "in stock",
    "deployed": "in use",
    "repair": "in repair",
    "lost": "lost",
    "retired": "retired",
    "": "no state said",
}
HOW: Final[Mapping[str, str]] = {
    "power": "power",
    "network": "network",
    "licence": "licence",
    "carries": "carries it",
    "wired": "wired to it",
}
FORMS: Final[Mapping[str, str]] = {
    "class": "safety, operational or digital",
    "slug": "lower-case letters, digits, and - . or _ between them",
    "zone": "the id of a zone of the configuration",
    "state": "ordered, stock, deployed, repair, lost or retired",
    "date": "a date as 2026-08-31, from 1950 to 2200",
    "date_past": "a date as 2026-08-31 that is not to come, and not long ago",
    "date_to_come": "a date as 2026-08-31 that is not past, up to 2200",
    "date_or_none": "a date as 2026-08-31, from 1950 to 2200, or none where its support has no end",
    "cents": "whole cents, digits alone",
    "year": "a year as 2031, from 1950 to 2200",
    "years": "whole years up to 100",
    "asset": "the id of an asset",
    "quantity": "a whole number",
    "text": "one line of at most 500 characters",
}
DOWN: Final[Mapping[str, str]] = {
    "controller_down": "it does not answer",
    "camera_offline": "no picture comes from it",
    "button_silent": "it is silent",
    "button_silent_wired": "its wire is not read",
    "button_said_offline": "it said that it is offline",
    "child_down": "its helper process ended",
    "over": "it ran out",
    **{one: f"it is {text}" for one, text in STATES.items() if one},
}
REFUSALS: Final[Mapping[str, str]] = {
    "unknown_asset": "There is no asset {asset}. Nothing was changed.",
    "unknown_label": "No asset {asset} is known here. Nothing was sent: tell the office what you saw.",
    "nameless": "Nothing says what it is. Nothing was changed: write a name, a type, a model, a tag or a serial number.",
    "asset_known": "There is an asset {asset} already. Nothing was changed.",
    "bad_asset_id": "An id has lower-case letters, digits, and - . or _ between them: {asset}. Nothing was changed.",
    "unknown_field": "There is no field {field}. Nothing was changed.",
    "not_said_here": "{field} is not written by hand: issue, replace, commission or count it. Nothing was changed.",
    "said_twice": "A field was given twice, or where it is not given. Nothing was changed.",
    "bad_value": "{field} cannot be {value}: write {form}. Nothing was changed.",
    "from_configuration": "The configuration says the {field} of this device: change it there. Nothing was changed.",
    "bad_step": "{asset} is {was}, and does not become {state}. Nothing was changed.",
    "still_issued": "{asset} is with somebody: have it returned first. Nothing was changed.",
    "not_issued": "{asset} is with nobody. Nothing was changed.",
    "before_replaced": "{asset} was replaced on {day}, after that day. Nothing was changed.",
    "same_piece": "{asset} has serial number {serial} already. Nothing was changed: write that of the other piece.",
    "piece_elsewhere": "Serial number {serial} is that of {asset}. Nothing was changed: read it again; if that piece moves here, "
    "take its number off {asset} first.",
    "serial_of_many": "A serial number is of one piece alone. Nothing was changed: write it at each thing.",
    "circle": "{on} needs {asset} already, by some way: neither would ever work. Nothing was changed.",
    "needs_too_much": "One thing needs at most {most} others. Nothing was changed.",
    "bad_selection": "Choose 1 to {most} assets, each once. Nothing was changed.",
    "nothing_to_see": "Nothing there is to be looked for. No round began.",
    "too_many_rounds": "{most} rounds are under way: end one first. No round began.",
    "unknown_round": "No round {round} is under way. Nothing was changed.",
    "bad_report": "Say what is wrong in one line of at most {most} characters. Nothing was sent.",
    "reported_already": "This was reported already, and waits to be looked at. In an emergency call for help.",
    "unknown_report": "No report {number} waits. Nothing was changed.",
    "bad_import": "The import does not hold what it said, or is longer than {most} rows. None of it counts.",
    "imports_under_way": "Other imports are under way: wait for them. Nothing was changed.",
    "import_over": "This import is over. None of it counts: begin again.",
    "row_twice": "{asset} is in this import twice. None of it counts.",
    "ambiguous": "More than one asset has this {field}: write its id in a column `id`.",
    "table_too_large": "The file is larger than {most} MB. Nothing was read: split it.",
    "table_too_long": "The file has more than {most} rows. Nothing was imported: split it.",
    "table_too_wide": "The file has more than {most} columns. Nothing was read.",
    "table_not_text": "The file is no text. Nothing was read: save it as CSV with UTF-8.",
    "table_no_head": "The first line does not name the columns. Nothing was read.",
    "table_no_columns": "No column has a name that is known here. Nothing was read: `campus-edge export assets` shows ours.",
    "table_twice": "Two columns say {field}. Nothing was read: remove one.",
    "table_unreadable": "The file could not be read to its end. Nothing was imported.",
    "row_uneven": "It has {cells} cells, and the first line {columns}.",
    "row_again": "Its {field} stands in line {line} already.",
    "row_no_warranty": "A warranty of months ({months}) is a number, and says nothing without the day on which it was bought.",
    "row_unprintable": "Its {field} holds what is no text.",
    "row_unreadable": "Its quotation marks do not fit ({why}): nothing from here on was read.",
    "rows_refused": "{refused} rows are refused, so nothing was imported. Mend them, or import the others alone.",
    "nothing_to_import": "Every row says what is known already. Nothing was imported.",
    "import_overtaken": "Another list was taken in since this one was read. Nothing of it was imported: send it again.",
    "no_such_import": "This import is not there any more. Nothing was imported: send the file again.",
    "import_file": "The file could not be read: {why}. Nothing was imported.",
    "book_away": "Their process is started again at this moment. Nothing was changed: try again in some seconds.",
    "book_silent": "It was not answered in time, and may be done all the same: look before you try again.",
    "book_behind": "The lists are being made again, and are back in some seconds. Doors and presses work.",
    "book_busy": "Too much is asked at once. Nothing was changed: try again in some seconds.",
    "bad_request": "This is not how it is asked. Nothing was changed.",
    "too_much": "There is more of it than one answer holds. Ask for less at once: a zone, a type, fewer lines.",
    "not_there": "There is nothing of this name.",
}


def args_in_words(args: Mapping[str, object]) -> dict[str, object]:
    """A refusal's arguments as a sentence takes them."""
    said = dict(args)
    if "form" in said:
        said["form"] = {**ticket_words.FORMS, **FORMS}.get(str(said["form"]), said["form"])
    for name in ("was", "state"):
        if name in said:
            said[name] = STATES.get(str(said[name]), said[name])
    if "field" in said and said["field"] != "id":
        said["field"] = {**ticket_words.FIELDS, **FIELDS}.get(str(said["field"]), said["field"])
    return said


FLAGS: Final[Mapping[str, tuple[str, str]]] = {
    "bundle_undated": (
        "Nobody knows how old the list of published flaws is: {1}",
        "Devices work; newer flaws may not be seen. Bring one with its date: `campus-edge import cve FILE`, `import kev FILE`.",
    ),
    "retired_configured": (
        "{subject} is retired and still configured",
        "It is driven and relied on, and owes no inspection. Take it out of the configuration, or take it back on its page.",
    ),
    "devices_unknown": (
        "Nobody said who is responsible for {1} configured safety devices",
        "They work as they are. Say in the inventory whose each is, what for, and until when.",
    ),
}
