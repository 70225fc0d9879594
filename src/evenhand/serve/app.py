"""The routes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus

from fastapi import FastAPI, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp

from evenhand.serve import page
from evenhand.serve.batching import Outcome, Queue
from evenhand.serve.document import ASKED, body, describe
from evenhand.serve.keys import KeyGate, Keys
from evenhand.serve.logs import AccessLog
from evenhand.serve.metrics import Metrics
from evenhand.serve.problems import GONE, Refusal, add_handlers, responses
from evenhand.serve.reading import read
from evenhand.serve.schemas import (
    Alive,
    BatchAnswer,
    BatchRequest,
    Labels,
    PredictRequest,
    Ready,
    answered,
)
from evenhand.stages import Answer


@dataclass
class State:
    """What routes share.

    Args:
        queue: before the model.
        metrics: of this service.
        stopping: no more requests are wanted; those that came are answered.
        worker: answers what is queued; None before the application runs.
    """

    queue: Queue
    metrics: Metrics
    stopping: bool = False
    worker: asyncio.Task[None] | None = None


def build(state: State, keys: Keys | None = None) -> AccessLog:
    """Return the service as an ASGI application.

    Args:
        state: queue and metrics; the application runs the queue.
        keys: that every route but ``/livez`` asks for; None asks for none.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        state.worker = worker = asyncio.create_task(state.queue.work())
        yield
        worker.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await worker
        state.queue.close()

    app = FastAPI(
        title="evenhand",
        version="1",
        description="Labels, probabilities and how they came about, for texts.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    _add_answers(app, state)
    _add_looks(app, state)
    describe(app, state.queue.model.pipeline.labels, with_key=keys is not None)
    paths = sorted(path for route in app.routes if (path := getattr(route, "path", "")))
    add_handlers(app, paths)
    gated: ASGIApp = app if keys is None else KeyGate(app, keys)
    return AccessLog(
        gated, metrics=state.metrics, routes=set(paths), stopping=lambda: state.stopping
    )


def _add_answers(app: FastAPI, state: State) -> None:
    @app.post(
        "/v1/predict",
        summary="Labels of one text",
        response_model=Answer,
        responses=ASKED,
        openapi_extra=body("PredictRequest", {"text": "where is my parcel"}),
    )
    async def predict(request: Request) -> Response:
        """Answer one text; ``stages`` says what led to it, ``thresholds`` which cuts were used."""
        asked = await read(request, PredictRequest)
        outcome = await _unless_gone(request, state, [asked])
        if outcome is None:
            return Response(status_code=GONE)
        answers, model = outcome
        return JSONResponse(answered(answers[0], asked.top_k), headers={"X-Model": model.name})

    @app.post(
        "/v1/batch",
        summary="Labels of several texts",
        response_model=BatchAnswer,
        responses=ASKED,
        openapi_extra=body(
            "BatchRequest", {"items": [{"text": "where is my parcel"}, {"text": "thank you"}]}
        ),
    )
    async def batch(request: Request) -> Response:
        """Answer several texts, in order; no answer depends on another text."""
        asked = await read(request, BatchRequest)
        outcome = await _unless_gone(request, state, asked.items)
        if outcome is None:
            return Response(status_code=GONE)
        answers, model = outcome
        said = [answered(a, i.top_k) for a, i in zip(answers, asked.items, strict=True)]
        return JSONResponse({"answers": said}, headers={"X-Model": model.name})


async def _unless_gone(
    request: Request, state: State, items: Sequence[PredictRequest]
) -> Outcome | None:
    """Ask the model; None when the client went away first, and nothing was computed for it."""
    answering = asyncio.ensure_future(
        state.queue.answer([i.text for i in items], [i.thresholds for i in items])
    )
    leaving = asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not answering.done():
            return None
        outcome = answering.result()
    finally:
        answering.cancel()
        leaving.cancel()
    for answer in outcome[0]:
        state.metrics.given(answer.labels)
    return outcome


async def _gone(request: Request) -> None:
    """Return when the client has hung up."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _add_looks(app: FastAPI, state: State) -> None:
    out = responses(HTTPStatus.SERVICE_UNAVAILABLE)

    @app.get("/livez", summary="Whether the process answers", response_model=Alive, responses=out)
    async def livez() -> Response:
        """Answer; needs no key, so that whatever restarts a dead process need not have one."""
        if state.worker is None or state.worker.done():
            raise Refusal(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "E519",
                "the service failed",
                got="nothing answers what is queued",
                fix="restart it, and report the log's last lines",
            )
        return JSONResponse({"alive": True})

    @app.get("/readyz", summary="Whether requests are taken", response_model=Ready, responses=out)
    async def readyz() -> Response:
        """Answer 200 from the moment the golden texts are matched until the service stops."""
        if state.stopping:
            raise Refusal(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "E510",
                "the service takes no more requests",
                got="it was asked to stop",
                fix="ask another instance",
            )
        model = state.queue.model
        golden = "matched" if model.golden else "absent"
        return JSONResponse({"ready": True, "golden": golden, "model": model.name})

    @app.get("/v1/labels", summary="What the model decides between", response_model=Labels)
    async def labels() -> Response:
        """Name the labels in order, with the model's own cuts or biases."""
        model = state.queue.model
        space = model.pipeline.labels
        said = Labels(
            labels=list(space.names),
            task=space.task,
            thresholds=dict(model.cuts),
            biases=dict(model.biases),
            model=model.name,
        )
        return JSONResponse(said.model_dump(mode="json"))

    text = {"content": {"text/plain": {"schema": {"type": "string"}}}}

    @app.get("/metrics", summary="Counters for Prometheus", responses={200: text})
    async def metrics() -> Response:
        """Return counters and histograms, memory and processor time."""
        return Response(state.metrics.page(), media_type="text/plain; version=0.0.4")

    @app.get("/docs", include_in_schema=False)
    async def docs() -> Response:
        """Return this service's page; it loads nothing."""
        return HTMLResponse(page.render(app.openapi()), headers=page.HEADERS)
