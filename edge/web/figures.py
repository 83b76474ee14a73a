"""What `/metrics` counts: names by Prometheus conventions (base units, closed label sets), in a registry of our own.

Nothing silent is counted: whoever may read figures need not have the duress right.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, get_args

from prometheus_client import CollectorRegistry, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from drivers.clock import instant
from edge.measures import Measured, Measures
from edge.snapshot import not_recording
from edge.web.feed import Feed
from edge.web.office import Office
from edge.web.pages.live import Pages
from edge.web.pages.times import ms_of
from rules.model.kinds import KindWord
from rules.model.selftest import Outcome
from rules.model.verdicts import VerdictWord
from rules.supervision import armed

WRITTEN_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
PROVEN_BUCKETS: Final = (0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0)
LAG_BUCKETS: Final = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)
SUPERVISIONS: Final = ("heard", "unknown", "silent", "offline", "unsupervised")


class Figures:
    """Belongs to the loop's thread."""

    def __init__(
        self, office: Office, feed: Feed, pages: Pages, picture: Callable[[], Mapping[str, Any]]
    ) -> None:
        # Else each histogram carries a second one of when it was made.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(_Now(office, feed, pages, picture))
        self._written = self._histogram(
            "press_to_last_written",
            "From a press, as heard, to the last door written that it ordered locked",
            WRITTEN_BUCKETS,
        )
        self._proven = self._histogram(
            "press_to_last_proven",
            "From a press, as heard, to the last door proven locked by its sensors",
            PROVEN_BUCKETS,
        )
        self._lag = self._histogram("loop_lag", "How late the loop's tick of 100 ms came", LAG_BUCKETS)
        self._unproven = Histogram(
            "campus_edge_press_unproven_doors",
            "Doors that were not proven locked a minute after the press that ordered them",
            buckets=(0.0, 1.0, 5.0, 20.0),
            registry=self._registry,
        )

    def text(self) -> bytes:
        """All of it, in Prometheus's text format."""
        return generate_latest(self._registry)

    def _histogram(self, name: str, text: str, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(f"campus_edge_{name}_seconds", text, buckets=buckets, registry=self._registry)

    def follow(self, measures: Measures) -> None:
        """Have presses and the loop's lag told here as they are measured."""
        measures.told = self._measured
        measures.lagged = self._lag.observe

    def _measured(self, one: Measured) -> None:
        if one.written_s is not None:
            self._written.observe(one.written_s)
        if one.proven_s is not None:
            self._proven.observe(one.proven_s)
        self._unproven.observe(one.unproven)


class _Now(Collector):
    """Gauges of this moment, from memory alone."""

    def __init__(
        self, office: Office, feed: Feed, pages: Pages, picture: Callable[[], Mapping[str, Any]]
    ) -> None:
        self._office = office
        self._feed = feed
        self._pages = pages
        self._picture = picture

    def collect(self) -> Iterator[Metric]:
        seen, office = self._picture(), self._office
        is_armed, _ = armed(office.plan, office.state)
        yield _gauge("armed", "Whether a press now would be decided and commanded", float(is_armed))
        verdicts = Counter(one["verdict"] for one in seen["doors"])
        yield _labelled("doors", "Doors by verdict", "verdict", verdicts, get_args(VerdictWord))
        not_secured = sum(one["attention"] == "not_secured" for one in seen["doors"])
        yield _gauge("doors_not_secured", "Doors told to lock and not proven locked", not_secured)
        yield from self._controllers()
        heard = Counter(one["supervision"] for one in seen["buttons"])
        yield _labelled("buttons", "Buttons by supervision", "supervision", heard, SUPERVISIONS)
        kinds = Counter(one["kind"] for one in seen["incidents"])
        yield _labelled("incidents", "Live incidents by kind", "kind", kinds, get_args(KindWord))
        yield _gauge("unanswered_presses", "Presses that wait for a person", len(seen["unanswered"]))
        yield from self._proven(seen)
        unseen = sum(bool(one["blind"]) for one in seen["cameras"])
        yield _gauge("cameras_blind", "Cameras that nobody can rely on now", unseen)
        yield _gauge("flags", "Safety shortcomings that stand", len(seen["flags"]))
        yield from self._inside()

    def _controllers(self) -> Iterator[Metric]:
        live, now = self._office.state.live.controllers, instant()
        up = GaugeMetricFamily("campus_edge_controller_up", "Whether it answers", labels=["controller"])
        age = GaugeMetricFamily(
            "campus_edge_evidence_age_seconds", "Age of its oldest reading", labels=["controller"]
        )
        for name in self._office.plan.controllers:
            its = live.get(name)
            up.add_metric([name], float(its is not None and its.up))
            if its is not None and its.reads:
                oldest = min(read.at.mono_us for read in its.reads.values())
                age.add_metric([name], (now.mono_us - oldest) / 1e6)
        yield from (up, age)

    def _proven(self, seen: Mapping[str, Any]) -> Iterator[Metric]:
        """Ages of what was last proven; one that never was has no line. Nothing of silent presses."""
        now_s = instant().utc_us / 1e6
        button = GaugeMetricFamily(
            "campus_edge_button_proven_age_seconds", "Since a press of it came through", labels=["button"]
        )
        for one in seen["buttons"]:
            at = max(one["last_proven"].values(), default=None)
            if at is not None:
                button.add_metric([one["id"]], now_s - ms_of(at) / 1_000)
        door = GaugeMetricFamily(
            "campus_edge_door_proven_age_seconds", "Since its sensors proved it locked", labels=["door"]
        )
        for one in seen["doors"]:
            if one["last_proven"] is not None:
                door.add_metric([one["id"]], now_s - ms_of(one["last_proven"]) / 1_000)
        yield from (button, door)
        last = seen["self_test"]["last"]
        outcomes = Counter(one["outcome"] for one in last["links"]) if last else Counter[str]()
        yield _labelled(
            "selftest_links", "Links by the last self-test", "outcome", outcomes, get_args(Outcome)
        )
        if last is not None:
            age_s = now_s - ms_of(last["at"]) / 1_000
            yield _gauge("selftest_age_seconds", "Since the last self-test came to its end", age_s)

    def _inside(self) -> Iterator[Metric]:
        figures, state = self._office.metrics(), self._office.state
        lanes = {"reflex": figures["reflex"], "routine": figures["routine"]}
        yield _labelled("inbox_waiting_events", "Events not decided yet", "lane", lanes, tuple(lanes))
        yield _counter("inbox_shed_events", "Routine events let go of since start", figures["shed"])
        yield _gauge("event_longest_seconds", "Longest that one event took since start", figures["longest_s"])
        yield _gauge(
            "loop_callback_longest_seconds", "Longest that anything held the loop", figures["loop_longest_s"]
        )
        yield _counter(
            "loop_slow_callbacks", "What held the loop for longer than 5 ms since start", figures["loop_over"]
        )
        yield _gauge("camera_viewers", "Live looks through cameras", figures["camera_viewers"])
        yield _counter("camera_process_restarts", "Since start", figures["camera_restarts"])
        recording = not not_recording(state)
        yield _gauge("journal_recording", "Whether the journal takes what happens", float(recording))
        yield _gauge("journal_waiting_rows", "Rows that are not on disk yet", figures["journal_waiting"])
        yield _gauge(
            "views_waiting_items", "Commits the views have not followed yet", figures["views_waiting"]
        )
        yield _gauge("tasks", "Tasks of the loop: in quiet times always as many", figures["tasks"])
        yield _gauge("page_listeners", "Pages that are open", self._pages.listeners)
        yield _gauge("stream_listeners", "Programs on the event stream", self._feed.listeners)
        yield _counter("stream_dropped_listeners", "Let go of since start", self._feed.dropped)
        began = state.live.started.utc_us / 1e6
        yield _gauge("start_time_seconds", "When this run began, since 1970", began)
        build = GaugeMetricFamily(
            "campus_edge_build_info", "Always 1; what runs here", labels=["version", "mode"]
        )
        box = self._picture()["appliance"]
        build.add_metric([box["version"], box["mode"]], 1.0)
        yield build


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"campus_edge_{name}", text, value=value)


def _counter(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(f"campus_edge_{name}", text, value=value)


def _labelled(name: str, text: str, label: str, counts: Mapping[str, int], words: tuple[str, ...]) -> Metric:
    """One line a word, also those of which there is none: a line that vanishes is no zero."""
    family = GaugeMetricFamily(f"campus_edge_{name}", text, labels=[label])
    for word in words:
        family.add_metric([word], counts.get(word, 0))
    return family
