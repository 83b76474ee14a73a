"""What of an incident's post stands on the incident's own page. Pure."""

from typing import Any

from edge.post import post_document
from edge.web.pages.language import many
from edge.web.pages.scene import Scene

Document = dict[str, Any]


def post_line(scene: Scene, of: str) -> Document:
    """What of the post stands on the incident's own page, for all who may look: no name, and no word of a room."""
    found = post_document(scene.plan, scene.state, of, scene.called)
    if found is None:
        return {"post_vacant": False, "post_says": ""}
    late = sum(one["late"] for one in (*found["tasks"], *found["timers"]))
    silent, calls = (
        len(found["rooms"]["silent"]),
        sum(one["word"] != "safe" for one in found["rooms"]["heard"]),
    )
    says = [
        many("{n} task or timer is late", "{n} tasks or timers are late", late) if late else "",
        many("{n} place asks for help or misses somebody", "{n} places ask for help or miss somebody", calls)
        if calls
        else "",
        many("{n} room not heard from", "{n} rooms not heard from", silent) if silent else "",
    ]
    return {"post_vacant": not found["coordinator"], "post_says": " · ".join(filter(None, says))}
