"""What `/metrics` of one process of the hub counts. Names by Prometheus conventions, in a registry of our own."""

import os
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


class Counted:
    """The figures. Belongs to the loop's thread."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # of a library without annotations there
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        # Who asks meets any process of those that share the port, and can tell them apart.
        Gauge("campus_edge_hub_process_id", "Of the process that answers.", registry=self._registry).set(
            os.getpid()
        )
        self.requests = Counter(
            "campus_edge_hub_requests",
            "Answered, by what was asked and the status.",
            ("what", "status"),
            registry=self._registry,
        )
        self.events = Counter(
            "campus_edge_hub_events",
            "Events that came and were taken, by lane.",
            ("lane",),
            registry=self._registry,
        )
        self.refused = Counter(
            "campus_edge_hub_refused",
            "Batches that were not taken, by the reason.",
            ("code",),
            registry=self._registry,
        )
        self.taking = Histogram(
            "campus_edge_hub_taking_seconds",
            "From a batch's last byte to its commit.",
            ("lane",),
            buckets=BUCKETS,
            registry=self._registry,
        )
        self.waiting = Gauge(
            "campus_edge_hub_polls", "Campuses that wait for directives.", registry=self._registry
        )
        self.inside = Gauge(
            "campus_edge_hub_batches", "Batches that are being read or taken.", registry=self._registry
        )

    def text(self) -> bytes:
        """As Prometheus reads it."""
        return generate_latest(self._registry)
