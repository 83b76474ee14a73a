"""The simulators' control page and API over HTTP on loopback: break a device, press a button, turn an input."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Annotated, Any, Final, TypeVar, get_args

import msgspec
from aiohttp import web

from drivers.cameras.onvif_model import EventKind
from drivers.simulators.camera_faults import CameraFault, CameraFaultKind
from drivers.simulators.camera_loop import NotEncoded
from drivers.simulators.faults import Fault, FaultKind
from edge.simulated.campus import SimulatedCampus
from rules.model.ids import ButtonId, ControllerId, DoorId, InputId

LONGEST_BODY: Final = 4_096
T = TypeVar("T", bound=msgspec.Struct)


class ControllerOrder(msgspec.Struct, forbid_unknown_fields=True):
    """POST /controllers/{id}: one of `drivers.simulators.faults.FaultKind`."""

    fault: FaultKind
    seconds: float = 1.0
    code: int = 2


class DoorOrder(msgspec.Struct, forbid_unknown_fields=True):
    """POST /doors/{id}: what is left out stays."""

    latch_stuck: bool | None = None
    door_open: bool | None = None
    sensor_cut: bool | None = None


class InputOrder(msgspec.Struct, forbid_unknown_fields=True):
    """POST /inputs/{id}."""

    active: bool


class PressOrder(msgspec.Struct, forbid_unknown_fields=True):
    """POST /buttons/{id}/press. The answer comes when a native button has heard `accepted`."""

    gesture: str = "single"


class ButtonOrder(msgspec.Struct, forbid_unknown_fields=True):
    """POST /buttons/{id}: what is left out stays."""

    silent: bool | None = None
    battery: Annotated[int, msgspec.Meta(ge=0, le=100)] | None = None
    clock_offset_s: float | None = None
    duplicates: int | None = None


class CameraOrder(msgspec.Struct, forbid_unknown_fields=True):
    """POST /cameras/{id}: one of `drivers.simulators.camera_faults.CameraFaultKind`; or what it notices, by ONVIF."""

    fault: CameraFaultKind | None = None
    seconds: float = 1.0
    share: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.05
    to: str = ""
    notices: EventKind | None = None
    active: bool = True


class Control:
    """The routes. `GET /` a page, `GET /devices` the same as JSON."""

    def __init__(self, campus: SimulatedCampus) -> None:
        self._campus = campus

    def application(self) -> web.Application:
        """To be served on loopback only: whoever reaches it holds every simulated device."""
        application = web.Application(client_max_size=LONGEST_BODY)
        application.add_routes(
            [
                web.get("/", self._page),
                web.get("/devices", self._devices),
                web.post("/controllers/{id}", self._controller),
                web.post("/doors/{id}", self._door),
                web.post("/inputs/{id}", self._input),
                web.post("/buttons/{id}/press", self._press),
                web.post("/buttons/{id}", self._button),
                web.post("/cameras/{id}", self._camera),
            ]
        )
        return application

    async def _devices(self, request: web.Request) -> web.Response:
        return web.json_response(self._campus.document())

    async def _controller(self, request: web.Request) -> web.Response:
        order = await _order(request, ControllerOrder)
        controller = ControllerId(_known(request, self._campus.plan.controllers))
        await self._campus.break_controller(controller, Fault(order.fault, order.seconds, order.code))
        return _done(fault=order.fault)

    async def _door(self, request: web.Request) -> web.Response:
        order = await _order(request, DoorOrder)
        door = DoorId(_known(request, self._campus.plan.doors))
        if self._campus.plan.doors[door].lock is None:
            raise web.HTTPNotFound(text=f"{door} has no lock that could be broken; nothing was changed")
        bolt = self._campus.bolt(door)
        for name in ("latch_stuck", "door_open", "sensor_cut"):
            if (value := getattr(order, name)) is not None:
                setattr(bolt, name, value)
        return _done()

    async def _input(self, request: web.Request) -> web.Response:
        order = await _order(request, InputOrder)
        self._campus.set_input(InputId(_known(request, self._campus.plan.inputs)), order.active)
        return _done(active=order.active)

    async def _press(self, request: web.Request) -> web.Response:
        order = await _order(request, PressOrder)
        button = ButtonId(_known(request, self._campus.plan.buttons))
        press_id = await self._campus.press(button, order.gesture)
        fleet = self._campus.fleet
        heard = None if fleet is None or press_id is None else fleet.buttons[button].accepted.get(press_id)
        return _done(press_id=press_id, accepted=heard)

    async def _button(self, request: web.Request) -> web.Response:
        order = await _order(request, ButtonOrder)
        button = ButtonId(_known(request, self._campus.plan.buttons))
        if self._campus.fleet is None or button not in self._campus.fleet.buttons:
            raise web.HTTPNotFound(text=f"{button} is wired: break its controller, or turn its input")
        simulated = self._campus.fleet.buttons[button]
        for name in ("silent", "battery", "clock_offset_s", "duplicates"):
            if (value := getattr(order, name)) is not None:
                setattr(simulated.faults, name, value)
        await simulated.report()
        return _done()

    async def _camera(self, request: web.Request) -> web.Response:
        order = await _order(request, CameraOrder)
        name = _known(request, self._campus.cameras.cameras)
        if order.fault is not None:
            try:
                fault = CameraFault(order.fault, order.seconds, order.share, order.to)
                await self._campus.cameras.cameras[name].set_fault(fault)
            except (NotEncoded, OSError) as err:
                raise web.HTTPServiceUnavailable(text=f"{name} cannot show that: {err}") from None
        if order.notices is not None:
            self._campus.cameras.devices[name].notice(order.notices, order.active)
        return _done(fault=order.fault, notices=order.notices)

    async def _page(self, request: web.Request) -> web.Response:
        return web.Response(text=page_of(self._campus.document()), content_type="text/html")


def page_of(devices: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """The page, with each device and what it does now."""
    rows = "".join(
        f"<tr><td>{escape(kind)}</td><td>{escape(str(one['id']))}</td><td>{escape(_said(one))}</td></tr>"
        for kind, found in devices.items()
        for one in found
    )
    return PAGE.replace("FAULTS", ", ".join(get_args(CameraFaultKind))).replace("ROWS", rows)


def _said(one: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in one.items() if name != "id")


async def _order(request: web.Request, kind: type[T]) -> T:
    body = await request.read()
    try:
        return msgspec.json.decode(body or b"{}", type=kind)
    except msgspec.MsgspecError as err:
        raise web.HTTPBadRequest(text=f"{err}; nothing was changed") from None


def _known(request: web.Request, known: Any) -> str:
    name = request.match_info["id"]
    if name not in known:
        raise web.HTTPNotFound(text=f"there is no {name} here; GET /devices lists them")
    return name


def _done(**more: Any) -> web.Response:
    return web.json_response({"done": True, **more})


PAGE: Final = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>Simulated campus</title>
<style>:root{color-scheme:light dark}body{font:16px/1.4 system-ui;margin:1rem;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%}td{border:1px solid;padding:.2rem .6rem;vertical-align:top}</style>
<h1>Simulated campus</h1>
<p>Break it: <code>curl -d '{"fault":"dead"}' URL/controllers/ID</code>; faults: none, dead, slow, late, refusing,
wrong_point, wrong_value, garbage, drop, away. <code>curl -d '{"latch_stuck":true}' URL/doors/ID</code>
<code>curl -d '{"active":true}' URL/inputs/ID</code> <code>curl -d '{"gesture":"hold"}' URL/buttons/ID/press</code>
<code>curl -d '{"battery":5}' URL/buttons/ID</code>
<code>curl -d '{"fault":"covered"}' URL/cameras/ID</code>; faults: FAULTS.
<code>curl -d '{"notices":"motion"}' URL/cameras/ID</code></p><table>ROWS</table></html>"""
