"""The queue before the model: bounded by texts and by time, answered in batches by one thread.

A batch is whatever waits when the model is free: alone a request waits for nobody, and under
load batches grow by themselves. All texts of one request are answered by one model, in one batch.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus

from evenhand.errors import ServingError
from evenhand.serve.metrics import Metrics
from evenhand.serve.problems import Refusal
from evenhand.serve.ready import Model
from evenhand.serve.schemas import MOST_ITEMS
from evenhand.stages import Answer, Pipeline

LARGEST_BATCH = MOST_ITEMS
"""Texts that the model gets at a time; no request is larger."""
MEMORY_OF_PACE = 0.8
TELLING = 16
"""Texts of a batch from which its time says how long a full queue takes."""

Thresholds = Mapping[str, float] | None
Outcome = tuple[list[Answer], Model]
_Done = asyncio.Future[list[list[Answer] | ServingError]]


@dataclass(frozen=True, eq=False)
class _Ticket:
    texts: Sequence[str]
    thresholds: Sequence[Thresholds]
    outcome: asyncio.Future[Outcome] = field(repr=False)


class Queue:
    """Requests that wait for the model.

    Args:
        model: answers; may be replaced by another one at any time, between batches.
        size: texts that may wait.
        timeout: seconds that a request may wait.
        metrics: counts batches.

    Attributes:
        pace: seconds that a text took of late, in batches of some size; 0 before there was one.
        computing: whether the model has a batch; it keeps it when the queue is given up.
    """

    def __init__(self, model: Model, *, size: int, timeout: float, metrics: Metrics) -> None:
        self.model = model
        self.timeout, self._size, self._metrics = timeout, size, metrics
        self._waiting: dict[_Ticket, None] = {}
        self._some = asyncio.Event()
        self.pace = 0.0
        self.computing = False
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="model")

    @property
    def texts(self) -> int:
        """Texts that wait."""
        return sum(len(ticket.texts) for ticket in self._waiting)

    async def answer(self, texts: Sequence[str], thresholds: Sequence[Thresholds]) -> Outcome:
        """Return one answer a text, and the model that gave them.

        Whoever stops waiting (a client that went away, a timeout) takes the texts out of the
        queue, and they are not computed.

        Raises:
            Refusal: E518 when too much waits already (429), or time ran out (503).
            ServingError: E501 for a threshold that cannot be.
        """
        self._refuse_overload(len(texts))
        outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        ticket = _Ticket(texts, thresholds, outcome)
        self._waiting[ticket] = None
        self._some.set()
        try:
            async with asyncio.timeout(self.timeout):
                return await outcome
        except TimeoutError:
            raise self._too_late() from None
        finally:
            self._waiting.pop(ticket, None)

    async def work(self) -> None:
        """Answer what waits, batch by batch, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await self._some.wait()
            batch, model = self._take(), self.model
            if not batch:
                self._some.clear()
                continue
            start = time.perf_counter()
            done: _Done = loop.run_in_executor(self._thread, _answers, model.pipeline, batch)
            self.computing = True
            await asyncio.wait([done])
            self.computing = False
            seconds, texts = time.perf_counter() - start, _answered(done)
            if texts:
                self._keep_pace(texts, seconds)
                self._metrics.computed(texts, seconds)
            _hand_out(batch, done, model)

    def replace(self, model: Model) -> None:
        """Let ``model`` answer from the next batch on; what it takes for a text is not known."""
        self.model, self.pace = model, 0.0

    def close(self) -> None:
        """Let the thread end when it has done its batch."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _refuse_overload(self, more: int) -> None:
        waiting = self.texts
        expected = waiting * self.pace
        if waiting + more > self._size or expected > self.timeout:
            raise Refusal(
                HTTPStatus.TOO_MANY_REQUESTS,
                "E518",
                "the service is busy",
                got=f"{waiting} texts wait, room for {self._size}",
                fix="come back after the seconds in Retry-After",
                headers={"Retry-After": str(max(1, math.ceil(expected)))},
            )

    def _too_late(self) -> Refusal:
        return Refusal(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "E518",
            "there was no answer in time",
            got=f"{self.timeout:g} s passed",
            fix="come back after the seconds in Retry-After, or send fewer texts at a time",
            headers={"Retry-After": str(max(1, math.ceil(self.texts * self.pace)))},
        )

    def _take(self) -> list[_Ticket]:
        """Take the oldest requests that fit into a batch together out of the queue."""
        batch: list[_Ticket] = []
        texts = 0
        for ticket in self._waiting:
            texts += len(ticket.texts)
            if batch and texts > LARGEST_BATCH:
                break
            batch.append(ticket)
        for ticket in batch:
            del self._waiting[ticket]
        return batch

    def _keep_pace(self, texts: int, seconds: float) -> None:
        """Learn from batches that tell something; a few texts take nearly as long as many.

        So a small batch says only how long a text takes at most. It may lower the pace, or one
        stalled batch would keep out for good the requests of which a large one could come.
        """
        if texts >= TELLING or seconds < self.pace * texts:
            kept = MEMORY_OF_PACE if self.pace else 0.0
            self.pace = kept * self.pace + (1 - kept) * seconds / texts


def _answers(pipeline: Pipeline, batch: Sequence[_Ticket]) -> list[list[Answer] | ServingError]:
    """Answer all sound requests together; one with a wrong threshold harms no other."""
    faults = [_fault(pipeline, ticket) for ticket in batch]
    sound = [ticket for ticket, fault in zip(batch, faults, strict=True) if fault is None]
    answers = iter(_together(pipeline, sound) if sound else ())
    return [next(answers) if fault is None else fault for fault in faults]


def _fault(pipeline: Pipeline, ticket: _Ticket) -> ServingError | None:
    try:
        pipeline.cuts(ticket.thresholds)
    except ServingError as error:
        return error
    return None


def _together(pipeline: Pipeline, batch: Sequence[_Ticket]) -> list[list[Answer]]:
    texts = [text for ticket in batch for text in ticket.texts]
    thresholds = [cuts for ticket in batch for cuts in ticket.thresholds]
    answers = iter(pipeline.answer(texts, thresholds=thresholds))
    return [[next(answers) for _ in ticket.texts] for ticket in batch]


def _answered(done: _Done) -> int:
    """Return how many texts the model answered; a refusal takes no time and tells nothing."""
    results = () if done.exception() else done.result()
    return sum(len(result) for result in results if isinstance(result, list))


def _hand_out(batch: Sequence[_Ticket], done: _Done, model: Model) -> None:
    fault = done.exception()
    for place, ticket in enumerate(batch):
        if ticket.outcome.done():
            continue
        result = fault or done.result()[place]
        if isinstance(result, BaseException):
            ticket.outcome.set_exception(result)
        else:
            ticket.outcome.set_result((result, model))
