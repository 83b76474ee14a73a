"""Every target: what is fed, from which seeds it starts, and how often `make fuzz` feeds it."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Final

MILLION: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Target:
    """module, check, seeds: where it stands. runs: inputs of the long form. longest: bytes of one input.

    looks: packages whose branches atheris follows; C code and what only calls it gives it nothing to see.
    """

    module: str
    check: str
    seeds: str
    runs: int = MILLION
    longest: int = 1_024

    def one(self) -> Callable[[bytes], None]:
        """Feeds one input; raises where something does not hold."""
        found: Callable[[bytes], None] = getattr(import_module(f"tests.fuzz.{self.module}"), self.check)
        return found

    def first(self) -> list[bytes]:
        """The seeds."""
        found: Callable[[], list[bytes]] = getattr(import_module(f"tests.fuzz.{self.module}"), self.seeds)
        return found()


TARGETS: Final = {
    "mqtt-payloads": Target("buttons", "one", "seeds", longest=4_096),
    "reports": Target("reports", "one", "seeds", longest=4_096),
    "mqtt-packets": Target("mqtt", "stream", "seeds", longest=600),
    "modbus-pdu": Target("modbus", "pdu", "pdu_seeds", longest=300),
    "modbus-mbap": Target("modbus", "mbap", "mbap_seeds", longest=600),
    "modbus-rtu": Target("modbus", "rtu", "rtu_seeds", longest=300),
    "osdp-frames": Target("osdp", "frames", "frames_seeds", longest=600),
    "osdp-messages": Target("osdp", "messages", "messages_seeds", longest=4_096),
    "osdp-library": Target("osdp", "library", "library_seeds", longest=512),
    "journal-spill": Target("record", "spill", "spill_seeds", longest=4_096),
    "journal-event": Target("record", "event", "event_seeds"),
    "journal-snapshot": Target("record", "snapshot", "snapshot_seeds"),
    "export-line": Target("record", "export_line", "export_seeds"),
    "control-socket": Target("asking", "control", "control_seeds"),
    "http-body": Target("asking", "body", "body_seeds"),
    "http-query": Target("asking", "query", "query_seeds", longest=300),
    "http-place": Target("asking", "place", "place_seeds", longest=100),
    "http-key": Target("asking", "key", "key_seeds", longest=300),
    "http-form": Target("asking", "form", "form_seeds", longest=2_048),
    "http-enclosed": Target("asking", "enclosed", "enclosed_seeds", longest=2_048),
    "sms-dialog": Target("sms", "dialog", "dialog_seeds"),
    "sms-report": Target("sms", "report", "report_seeds", longest=300),
    "cap-kept": Target("feeds", "kept", "kept_seeds", longest=4_096),
    "sip-messages": Target("sip", "messages", "seeds", longest=2_048),
    "sip-call": Target("sip", "call", "seeds", runs=200_000, longest=4_096),
    "sdp": Target("cameras", "sdp", "sdp_seeds", longest=1_024),
    "rtsp-messages": Target("cameras", "rtsp", "rtsp_seeds", longest=1_024),
    "rtp-h264": Target("cameras", "h264", "h264_seeds", longest=600),
    "rtp-h265": Target("cameras", "h265", "h265_seeds", longest=600),
    "rtcp": Target("cameras", "rtcp", "rtcp_seeds", longest=300),
    "rtsp-auth": Target("cameras", "auth", "auth_seeds"),
    # A whole visit of five answers takes a millisecond or two.
    "onvif-answers": Target("onvif", "answers", "answers_seeds", runs=200_000, longest=8_192),
    "onvif-discovery": Target("onvif", "discovery", "discovery_seeds", longest=2_048),
    "clip-leftover": Target("evidence", "leftover", "leftover_seeds", longest=2_048),
    "clip-pictures": Target("evidence", "pictures", "pictures_seeds", longest=600),
    "looking-messages": Target("evidence", "messages", "messages_seeds"),
    "live-offer": Target("pictures", "offer", "offer_seeds", longest=4_096),
    "live-parameters": Target("pictures", "parameters", "parameters_seeds", longest=512),
    "live-picture": Target("pictures", "picture", "picture_seeds", longest=4_096),
    "cameras-down": Target("camera_messages", "down", "down_seeds"),
    "cameras-up": Target("camera_messages", "up", "up_seeds"),
    "cameras-asked": Target("camera_messages", "asked", "asked_seeds"),
    "cameras-answer": Target("camera_messages", "answer", "answer_seeds"),
    "onvif-messages": Target("onvif_messages", "messages", "messages_seeds"),
    "firmware-note": Target("firmware", "front", "front_seeds", longest=4_096),
    "flaws-nvd": Target("firmware", "bundle", "bundle_seeds", longest=4_096),
    "flaws-kev": Target("firmware", "exploited", "exploited_seeds", longest=2_048),
    "assets-csv": Target("files", "assets", "assets_seeds", longest=2_048),
    "tickets-csv": Target("files", "tickets", "tickets_seeds", longest=2_048),
    "inspections-csv": Target("files", "inspections", "inspections_seeds", longest=2_048),
    "checklist": Target("files", "checklist", "checklist_seeds", longest=2_048),
    "written-incident": Target("files", "written", "written_seeds", longest=4_096),
    "photo": Target("files", "photo", "photo_seeds", longest=2_048),
    "plan-svg": Target("floorplans", "drawing", "drawing_seeds", longest=2_048),
    "plan-png": Target("floorplans", "raster", "raster_seeds", longest=1_024),
    "plan-geojson": Target("floorplans", "features", "features_seeds", longest=2_048),
    # Each input is packed and unpacked again.
    "plan-imdf": Target("floorplans", "packed", "packed_seeds", runs=200_000, longest=4_096),
    "plan-kept": Target("floorplans", "kept", "kept_seeds", longest=2_048),
    "note-words": Target("files", "note", "note_seeds", longest=2_048),
    "neighbours": Target("files", "arp", "arp_seeds", longest=2_048),
    "book-messages": Target("files", "talk", "talk_seeds", longest=2_048),
    "district-batch": Target("district", "batch", "batch_seeds", longest=4_096),
    "district-answers": Target("district", "answer", "answer_seeds", longest=2_048),
    "district-messages": Target("district", "talk", "talk_seeds", longest=2_048),
    "yaml": Target("settings", "yaml", "yaml_seeds", longest=2_048),
    "configuration": Target("settings", "whole", "whole_seeds", longest=8_192),
    "responses-pack": Target("settings", "pack", "pack_seeds", longest=4_096),
    # Two checks of a whole campus and its plan take some 20 ms: an hour would be half a million.
    "configuration-edits": Target("settings", "edits", "edits_seeds", runs=50_000, longest=24),
}
