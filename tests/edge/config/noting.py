"""A firmware note that holds, to change one thing of it."""

SOUND = """---
model: {model}
kind: {kind}
vendor: acme
identity: onvif
tested: ["1.8", "2.0"]
minimum: "1.5"
end_of_support: 2030-01-01
cpe:
  - {{part: o, vendor: acme, product: "{{model}}_firmware", models: ["cam-*"]}}
dialogue: RTSP and ONVIF
evidence: [pictures]
supervision: stream
quirks: []
{more}---
# Acme

For people.
"""


def note(model: str, kind: str = "camera", more: str = "") -> str:
    """more: further lines of its front matter."""
    return SOUND.format(model=model, kind=kind, more=f"{more}\n" if more else "")


def button(model: str, silence_limit: str) -> str:
    return note(model, "button", f"silence_limit: {silence_limit}")
