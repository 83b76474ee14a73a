"""OASIS's own schema of CAP 1.2 (tests/fixtures/cap, its copyright notice kept), read by what of XML Schema it uses.

Sequences with minOccurs and maxOccurs, enumerations, patterns, references to elements, and xs:dateTime; nothing else is in it.
"""

import re
import xml.etree.ElementTree as ET
from datetime import datetime
from pathlib import Path
from typing import Final

from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]

XS: Final = "{http://www.w3.org/2001/XMLSchema}"
CAP: Final = "{urn:oasis:names:tc:emergency:cap:1.2}"
SCHEMA: Final = ET.parse(Path(__file__).parents[2] / "fixtures" / "cap" / "CAP-v1.2.xsd").getroot()  # noqa: S314
_TOP: Final = {one.get("name", ""): one for one in SCHEMA.findall(f"{XS}element")}


def faults(message: bytes) -> list[str]:
    """What the schema has against a document; nothing: it is valid."""
    root = fromstring(message)
    if root.tag != f"{CAP}alert":
        return [f"{root.tag} is no alert"]
    return _element(root, _TOP["alert"])


def _element(found: ET.Element, declared: ET.Element) -> list[str]:
    sequence = declared.find(f"{XS}complexType/{XS}sequence")
    if sequence is not None:
        return _sequence(found, sequence)
    if len(found):
        return [f"{found.tag} holds elements"]
    text, rule = found.text or "", declared.find(f"{XS}simpleType/{XS}restriction")
    base = declared.get("type", "xs:string") if rule is None else rule.get("base", "")
    said = []
    if rule is not None:
        words = [one.get("value", "") for one in rule.findall(f"{XS}enumeration")]
        patterns = [one.get("value", "") for one in rule.findall(f"{XS}pattern")]
        said += [f"{text!r} is none of {words}"] if words and text not in words else []
        said += [f"{text!r} is not {one}" for one in patterns if not re.fullmatch(one, text)]
    if base == "xs:dateTime":
        try:
            datetime.fromisoformat(text)
        except ValueError:
            said.append(f"{text!r} is no time")
    if base == "xs:language" and not re.fullmatch(r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*", text):
        said.append(f"{text!r} is no language")
    return said


def _sequence(found: ET.Element, sequence: ET.Element) -> list[str]:
    left, said = list(found), []
    for one in sequence.findall(f"{XS}element"):
        reference = one.get("ref", "").rpartition(":")[2]
        name = reference or one.get("name", "")
        most = one.get("maxOccurs", "1")
        count = 0
        while left and left[0].tag == f"{CAP}{name}" and (most == "unbounded" or count < int(most)):
            said += _element(left.pop(0), _TOP[reference] if reference else one)
            count += 1
        if count < int(one.get("minOccurs", "1")):
            said.append(f"{found.tag} lacks {name}")
    return [*said, *(f"{one.tag} is not at its place" for one in left)]
