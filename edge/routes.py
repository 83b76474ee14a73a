"""From a configuration to routes by which people are told: one for each output that is no coil, and what they share.

Belongs to the loop's thread. What a site does not have is not imported.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, assert_never

from drivers.base import Emit
from drivers.outputs.outward import Outward
from drivers.outputs.route import Route
from edge import notice_words
from edge.announcing import Announcer, Names
from edge.config.audience import audience_of
from edge.config.devices import (
    CoilOutput,
    MailOutput,
    OsdpOutput,
    PagingOutput,
    SmsOutput,
    WebhookOutput,
)
from edge.config.forms import host_and_port
from edge.config.secrets import Secrets
from edge.config.signs import FeedOutput, Output, ScreensOutput
from edge.config.telephones import SipPagingOutput
from edge.late_route import LateRoute
from edge.parts import cancelled
from edge.response_words import SAYS, words_of
from edge.setting import Setting
from rules.interlock_notices import SOUNDING, sounds_fire
from rules.model.ids import OutputId, ZoneId
from rules.model.kinds import DRILL, REAL, Switching
from rules.model.notices import Notice
from rules.model.responses import Response
from rules.plan import Plan
from rules.state import State

if TYPE_CHECKING:
    from drivers.outputs.cap_feed import CapFeed
    from drivers.outputs.paging_bus import PagingBus
    from drivers.outputs.rtp_paging import RtpPaging
    from edge.speech import Speech

PAGE_S: Final = 3.0

Condition = Callable[[str, bool, tuple[str, ...]], None]


class Routes:
    """`configure` by each accepted configuration; `run` is a part of the daemon."""

    def __init__(self, store: Path, emit: Emit, condition: Condition) -> None:
        """condition: told of what is the matter with the words' sound."""
        self._store, self._condition = store, condition
        self._announcer = Announcer(emit)
        self._bus: PagingBus | None = None
        self._calls: PagingBus | None = None
        self._speech: Speech | None = None
        self._paging: dict[OutputId, RtpPaging] = {}
        self.feeds: dict[OutputId, CapFeed] = {}
        """What is fetched from the page's port, by its output."""
        self._made_by: dict[OutputId, object] = {}
        self._begin, self._speaks = asyncio.Event(), asyncio.Event()
        self._says: Mapping[str, str] = SAYS

    def configure(self, setting: Setting) -> None:
        """Go on with this configuration."""
        config = setting.config
        outputs: dict[OutputId, Output] = {
            OutputId(one.id): one for one in config.outputs if not isinstance(one, CoilOutput | OsdpOutput)
        }
        self.feeds = {
            one: feed for one, feed in self.feeds.items() if isinstance(outputs.get(one), FeedOutput)
        }
        zones = {ZoneId(one.id): one.name for one in config.zones}
        names = Names(config.campus.name, zones, words_of(setting.plan.responses))
        made_by = {one: _made_by(output, setting) for one, output in outputs.items()}
        self._paging = {
            one: route
            for one, route in self._paging.items()
            if one in made_by and self._made_by[one] == made_by[one]
        }
        self._made_by = made_by
        self._announcer.configure(
            names, made_by, lambda one: self._walled(outputs[one], setting), self._spoken
        )
        if any(isinstance(one, PagingOutput | SipPagingOutput) for one in outputs.values()):
            self._words(setting.plan)

    def tell(self, notices: Iterable[Notice]) -> None:
        """Hand notices to their routes; nothing is waited for."""
        self._announcer.tell(notices)

    def note(self, plan: Plan, before: State, after: State) -> None:
        """A page falls silent while a fire alarm sounds where it is heard, and goes on behind it."""
        if self._paging and before.live.inputs is not after.live.inputs:
            for one in plan.outputs.values():
                if one.driver in SOUNDING and one.id in self._paging:
                    self._paging[one.id].hold(sounds_fire(plan, after.live, one.zone))

    async def run(self, page_open: asyncio.Event) -> None:
        """Keep every route running. What waits for its library, and the speaking of words to files, begin once the page is
        open, or in good time without one: a start is busy enough.
        """
        running = [
            asyncio.create_task(self._announcer.run(), name="routes"),
            asyncio.create_task(self._speak(page_open), name="speech"),
        ]
        try:
            await asyncio.gather(*running)
        finally:
            await cancelled(running)

    async def _speak(self, page_open: asyncio.Event) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PAGE_S):
                await page_open.wait()
        self._begin.set()
        await self._speaks.wait()
        if self._speech is not None:
            await self._speech.run()

    def _words(self, plan: Plan) -> None:
        from edge.speech import Speech

        self._speech = self._speech or Speech(self._store, self._condition, self._prepare)
        words = self._says = words_of(plan.responses)
        said: list[Response | None] = [one.response for one in plan.responses.values() if one.sounds]
        self._speech.want(
            notice_words.speech(kind, one, words) for kind in (REAL, DRILL) for one in (*said, None)
        )
        self._prepare()
        self._speaks.set()

    def _prepare(self) -> None:
        for one in self._paging.values():
            if self._speech is not None:
                one.prepare(self._speech.files)

    def _spoken(self, kind: Switching, response: Response | None) -> Path | None:
        return (
            None
            if self._speech is None
            else self._speech.file(notice_words.speech(kind, response, self._says))
        )

    def _walled(self, output: Output, setting: Setting) -> Route:
        made = self._made(output, setting)
        return made if audience_of(output) == "staff" else Outward(made)

    def _made(self, output: Output, setting: Setting) -> Route:
        one, named = OutputId(output.id), setting.config.campus
        match output:
            case PagingOutput():
                return self._paging.setdefault(one, self._page(output))
            case SipPagingOutput():
                return self._paging.setdefault(one, self._number(output, setting.secrets))
            case MailOutput() | WebhookOutput() | SmsOutput():
                return LateRoute(
                    one, partial(_loaded, output, named.id, named.name, setting.secrets), self._begin
                )
            case ScreensOutput():
                from drivers.outputs.screens import Screens

                return Screens(one)
            case FeedOutput():
                return self._feed(output, setting)
            case CoilOutput() | OsdpOutput():
                raise ValueError(f"{output.id} is a coil")
            case _:
                assert_never(output)

    def _feed(self, output: FeedOutput, setting: Setting) -> "CapFeed":
        from drivers.outputs.cap_feed import CapConfig, CapFeed
        from drivers.outputs.cap_message import Speaker

        one, campus = OutputId(output.id), setting.config.campus
        zones = {zone.id: zone.name for zone in setting.config.zones}
        words = {str(what): said for what, said in (output.words or {}).items()}
        by = Speaker(campus.id, campus.name, zones, output.language, words)
        self.feeds[one] = CapFeed(CapConfig(one, by, self._store / "feeds" / f"{one}.json"))
        return self.feeds[one]

    def _page(self, output: PagingOutput) -> "RtpPaging":
        from drivers.outputs.paging_bus import PagingBus
        from drivers.outputs.rtp_paging import RtpPaging

        self._bus = self._bus or PagingBus()
        host, port = host_and_port(output.address)
        return RtpPaging(
            OutputId(output.id), self._bus, host, port, codec=output.codec,
            repeat_s=output.repeat / 1e6, ttl=output.ttl, interface=output.interface or "",
        )  # fmt: skip

    def _number(self, output: SipPagingOutput, secrets: Secrets) -> "RtpPaging":
        from drivers.outputs.sip_paging import SIP_PORT, SIPS_PORT, SipPaging, calls

        self._calls = self._calls or calls()
        address = output.uri.partition("@")[2]
        usual = SIPS_PORT if output.transport == "tls" else SIP_PORT
        host, port = host_and_port(address if address.rpartition("]")[2].count(":") else f"{address}:{usual}")
        return SipPaging(
            OutputId(output.id), self._calls, output.uri, host, port, codec=output.codec, repeat_s=output.repeat / 1e6,
            ring_s=output.ring / 1e6, user=output.username or "",
            password="" if output.password_file is None else secrets.line(output.password_file),
            transport=output.transport, authority=_pem(secrets, output.ca_file) or "", server=output.server_name or "",
        )  # fmt: skip


def _loaded(
    output: MailOutput | WebhookOutput | SmsOutput, campus: str, name: str, secrets: Secrets
) -> Callable[[], Route]:
    """What makes the route; its library is imported here."""
    one = OutputId(output.id)
    match output:
        case MailOutput():
            from drivers.outputs.smtp import Mail, MailConfig
            from drivers.outputs.smtp_line import Server

            password = None if output.password_file is None else secrets.line(output.password_file)
            server = Server(
                host=output.host, port=output.port, tls=output.tls, username=output.username, password=password,
                authority=_pem(secrets, output.ca_file),
            )  # fmt: skip
            mail = MailConfig(
                output=one, campus=campus, name=name, server=server, to=output.to, sender=output.sender
            )
            return lambda: Mail(mail)
        case WebhookOutput():
            from drivers.outputs.webhook import Webhook, WebhookConfig

            secret = secrets.webhook_secret(output.secret_file)
            hook = WebhookConfig(one, campus, output.url, secret, _pem(secrets, output.ca_file))
            return lambda: Webhook(hook)
        case SmsOutput():
            from drivers.outputs.sms_modem import SmsConfig, SmsModem

            modem = SmsConfig(one, campus, output.port, output.to, output.baud)
            return lambda: SmsModem(modem)
        case _:
            assert_never(output)


def _pem(secrets: Secrets, file: str | None) -> str | None:
    return None if file is None else secrets.raw(file).decode("ascii", "replace")


def _made_by(output: Output, setting: Setting) -> object:
    """By what a route is made: its section, its files, and how the campus is called."""
    named = (
        [getattr(output, one, None) for one in ("password_file", "secret_file", "ca_file")]
        if isinstance(output, MailOutput | WebhookOutput | SipPagingOutput)
        else []
    )
    files = [setting.secrets.raw(one) for one in named if one is not None]
    zones = setting.config.zones if isinstance(output, FeedOutput) else ()
    return output, files, setting.config.campus.id, setting.config.campus.name, zones
