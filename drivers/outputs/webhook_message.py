"""What a webhook says and how it is signed: the Standard Webhooks scheme (standardwebhooks.com, specification 1.0). Pure.

The body is one JSON object. `campus`, `incident`, `zone`: ids. `kind`: real or drill. `response`: what holds in the zone from
now on; null: what was told before is over. `number`: the campus's state number; of two messages for a zone the greater one
holds. `at`: when it was ordered, UTC by RFC 3339. `text`: for people; begins with DRILL in a drill. `unacknowledged`: only where
this says who did not acknowledge what another output told them, each `{output, room}`; room null: whom it is addressed to.
"""

import base64
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime

from drivers.outputs.route import Wording, marked, sameness
from rules.model.notices import Notice


def body(campus: str, notice: Notice, wording: Wording, at: datetime) -> bytes:
    """The message, UTF-8."""
    said: dict[str, object] = {
        "campus": campus,
        "incident": notice.incident,
        "kind": notice.kind.word,
        "response": notice.response,
        "zone": notice.zone,
        "number": notice.number,
        "at": at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "text": marked(notice, wording.text),
    }
    if notice.unheard:
        said["unacknowledged"] = [{"output": output, "room": room or None} for output, room in notice.unheard]
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def signed(secret: bytes, campus: str, notice: Notice, content: bytes, seconds: int) -> Mapping[str, str]:
    """Headers of one attempt. seconds: since 1970. The id is that of every repeat, so that a receiver takes it once."""
    name = f"msg_{sameness(campus, notice)}"
    return {
        "webhook-id": name,
        "webhook-timestamp": str(seconds),
        "webhook-signature": signature(secret, name, seconds, content),
    }


def signature(secret: bytes, name: str, seconds: int, content: bytes) -> str:
    """Of id, time and body, as the scheme's version 1 makes it."""
    mac = hmac.digest(secret, b".".join((name.encode(), str(seconds).encode(), content)), "sha256")
    return f"v1,{base64.b64encode(mac).decode()}"
