"""What ``/metrics`` counts, in a registry of its own; nothing in it depends on a text's words."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
TEXTS = (1, 2, 4, 8, 16, 32, 64, 128)


class Metrics:
    """Counters and histograms of one service."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        r = self._registry
        self._requests = Counter(
            "evenhand_requests", "Requests by route and status", ["route", "status"], registry=r
        )
        self._seconds = Histogram(
            "evenhand_request_seconds",
            "From request to answer",
            ["route"],
            buckets=SECONDS,
            registry=r,
        )
        self._batch_texts = Histogram(
            "evenhand_batch_texts",
            "Texts that the model got at a time",
            buckets=TEXTS,
            registry=r,
        )
        self._batch_seconds = Histogram(
            "evenhand_batch_seconds", "Time of the model for a batch", buckets=SECONDS, registry=r
        )
        self._labels = Counter("evenhand_labels", "Labels given", ["label"], registry=r)
        self._reloads = Counter("evenhand_reloads", "Bundles read anew", ["outcome"], registry=r)
        self._model = Gauge("evenhand_model", "1 for the bundle that answers", ["name"], registry=r)
        self._waiting = Gauge("evenhand_waiting_texts", "Texts in the queue", registry=r)

    def watch(self, waiting: Callable[[], int]) -> None:
        """Ask ``waiting`` for the length of the queue whenever somebody looks."""
        self._waiting.set_function(waiting)

    def requested(self, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def computed(self, texts: int, seconds: float) -> None:
        """Count a batch."""
        self._batch_texts.observe(texts)
        self._batch_seconds.observe(seconds)

    def given(self, labels: Iterable[str]) -> None:
        """Count labels; their shares drift when the texts do."""
        for label in labels:
            self._labels.labels(label).inc()

    def reloaded(self, outcome: str) -> None:
        """Count a bundle that was ``taken`` or ``refused``."""
        self._reloads.labels(outcome).inc()

    def answers(self, name: str) -> None:
        """Say which bundle answers from now on."""
        self._model.clear()
        self._model.labels(name).set(1)

    def page(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self._registry)
