"""Outputs that are called by telephone. Contract section 3."""

from typing import Annotated, Literal

from edge.config.devices import ALWAYS, Commissioned, Name, OutputHours, Slug, ZoneRef
from edge.config.fields import Section, duration, form, says


class SipPagingOutput(Section, frozen=True, kw_only=True, tag_field="driver", tag="sip-paging"):
    """Loudspeakers behind a paging adapter that takes a telephone call by SIP."""

    id: Slug
    name: Name | None = None
    uri: Annotated[
        str,
        form(
            "sip_uri", "Who is called: sip:number@address, with its port where it is not 5060 (5061 by tls)."
        ),
    ]
    transport: Annotated[
        Literal["udp", "tcp", "tls"],
        says("How it is called. Default udp. The words themselves go by UDP, in clear, whatever this says."),
    ] = "udp"
    ca_file: (
        Annotated[
            str,
            form(
                "file", "Of tls: PEM of who vouches for its certificate; without it the system's.", holds="ca"
            ),
        ]
        | None
    ) = None
    server_name: (
        Annotated[str, form("host", "Of tls: what its certificate is for. Default: its address.")] | None
    ) = None
    username: Annotated[str, form("name", "Where it asks who we are: our name.")] | None = None
    password_file: Annotated[str, form("file", "File with the password.", holds="password")] | None = None
    codec: Annotated[
        Literal["pcmu", "pcma"], says("G.711 mu-law (default) or A-law, as the telephone system has it.")
    ] = "pcmu"
    repeat: Annotated[
        int, duration("From one call's beginning to the next, until all is clear. Default 30s.", "10s", "10m")
    ] = 30_000_000
    ring: Annotated[
        int, duration("How long it may ring before that is no answer. Default 12s.", "2s", "20s")
    ] = 12_000_000
    zone: ZoneRef
    hours: OutputHours = ALWAYS
    commissioned: Commissioned | None = None
