"""What a feed kept of what it said: no bytes make its reader raise, and whatever it takes can be published as valid CAP."""

from drivers.outputs.cap_feed import read
from drivers.outputs.cap_message import KEPT_MOST, Speaker, chain, current, document, feed
from tests.drivers.outputs.cap_schema import faults

_BY = Speaker("lincoln-hs", "Lincoln", {"a": "Building A"}, "es", {"lockdown": "Encierro."})
_ONE = (
    b'{"identifier":"lincoln-hs.0a","sent_s":1780000000,"type":"%b","kind":"%b","response":"lockdown","zone":"a",'
    b'"incident":"inc-1","number":7,"headline":"Lockdown: Lincoln","text":"Lockdown.","replaced":%b,"references":[]}'
)


def kept(data: bytes) -> None:
    """Taken whole or not at all; what was taken is rendered, and what holds is a chain of its own."""
    found = read(data)
    assert len(found) <= KEPT_MOST + len(current(found))
    for one in found:
        assert faults(document(one, _BY)) == []
        if one.kind == "drill":
            assert b"<status>Exercise<" in document(one, _BY)
    for one in current(found):
        assert chain(found, one.zone, one.kind)[-1] == one
    feed(found, _BY, "signs", 5, "https://10.0.0.1/cap/signs")


def kept_seeds() -> list[bytes]:
    real, drill = _ONE % (b"Alert", b"real", b"false"), _ONE % (b"Cancel", b"drill", b"true")
    return [b"[]", b"[" + real + b"]", b"[" + drill + b"," + real + b"]"]
