"""The report: one HTML file that holds every number, plot and caveat of a run.

It needs no network, no other file and no script to be read; the small script inside only sorts
the table of classes.
"""

# N rows, C classes.
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from evenhand.durable import write_text
from evenhand.errors import DataError
from evenhand.evaluate import plots
from evenhand.types import Floats, Predictions

_SMALL_MULTIPLES = 28
_DRAWN_CLASSES = 60
_MATRIX_CLASSES = 60
_NOT_AVAILABLE = "n/a"
_MINUS = "\N{MINUS SIGN}"
_SPOKEN = {
    "hamming": "Hamming loss",
    "kappa": "Cohen’s kappa",
    "macro_auc": "macro AUC",
    "macro_ap": "macro AP",
    "f1_spread": "spread of F1 over classes",
    "macro_f1_half": "macro-F1 without thresholds",
    "neg_nll": "log-likelihood",
}


@dataclass(frozen=True)
class Evidence:
    """What a report is made of; nothing in it is computed from a model.

    Args:
        metrics: the content of ``metrics.json``.
        predictions: the measured rows.
        probs_NC: their calibrated probabilities, float64, ``(N, C)``, in [0, 1].
        history: lines of ``history.jsonl``; empty where nothing was trained.
        provenance: versions, hashes, seed, timings, machine; printed as they are.
        ledger: lines that say what became of every row that was read.
        decision: the content of ``decision.json``; empty where nothing was decided.
        title: heading of the page.

    Raises:
        DataError: E211 when ``probs_NC`` does not fit the predictions, E213 when the metrics
            are about other labels.
    """

    metrics: Mapping[str, Any]
    predictions: Predictions
    probs_NC: Floats
    history: Sequence[Mapping[str, Any]] = ()
    provenance: Mapping[str, str] = field(default_factory=dict)
    ledger: Sequence[str] = ()
    decision: Mapping[str, Any] = field(default_factory=dict)
    title: str = "Evidence report"

    def __post_init__(self) -> None:
        if self.probs_NC.shape != self.predictions.truth_NC.shape:
            raise DataError(
                "E211",
                "calibrated probabilities and predictions do not fit each other",
                got=f"{self.probs_NC.shape} against {self.predictions.truth_NC.shape}",
                fix="calibrate the scores of the same prediction file",
            )
        if tuple(self.metrics["labels"]) != self.predictions.labels.names:
            raise DataError(
                "E213",
                "metrics and predictions are about different labels",
                got=f"{list(self.metrics['labels'])[:4]} against "
                f"{list(self.predictions.labels.names[:4])}",
                fix="measure the same prediction file that the report is about",
            )


@dataclass(frozen=True)
class Verdict:
    """The run against its best baseline, in words.

    Args:
        judgement: a few words.
        sentence: macro-F1 with interval, the best baseline, the paired difference.
        tone: ``"better"``, ``"same"`` or ``"worse"``; ``"same"`` also where nothing is known.
    """

    judgement: str
    sentence: str
    tone: str


@dataclass(frozen=True)
class Panel:
    """One plot with its caption; ``keys`` pairs a look with what it stands for."""

    svg: str
    title: str
    caption: str = ""
    keys: tuple[tuple[str, str], ...] = ()


def write_report(path: Path, evidence: Evidence) -> None:
    """Write the page to ``path``, whole or not at all.

    Raises:
        WriteError: E106 when it cannot be written.
    """
    write_text(path, render(evidence))


def render(evidence: Evidence) -> str:
    """Return the page; the same evidence gives the same bytes."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("evenhand.evaluate"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": number,
        "interval": interval,
        "count": lambda value: f"{value:,}",
        "words": _words,
        "plain": _plain,
    }
    return environment.get_template("report.html.j2").render(_context(evidence)) + "\n"


def verdict(metrics: Mapping[str, Any]) -> Verdict:
    """Judge the run's own macro-F1 against the best baseline's.

    It is better or worse only where the interval of the paired difference excludes zero.
    """
    own = metrics["systems"][0]["macro_f1"]
    rows = f"{metrics['rows']:,}"
    where = (
        f"On {rows} held-out rows, which chose nothing,"
        if metrics["estimate"] == "held out"
        else f"On {rows} rows, each judged by thresholds that were chosen without it,"
    )
    level = f"{100 * metrics['level']:g} % interval"
    reached = f"{where} the run reaches a macro-F1 of {number(own['value'])} ({level} "
    reached += f"{interval(own)})"
    rivals = [s for s in metrics["systems"] if s["kind"] == "baseline"]
    rivals = [s for s in rivals if s["macro_f1"]["value"] is not None]
    if not rivals:
        return Verdict("No baseline to compare with", f"{reached}.", "same")
    best = max(rivals, key=lambda s: s["macro_f1"]["value"])
    reached += f"; the best baseline, {best['name']}, reaches {number(best['macro_f1']['value'])}"
    lead = _leads(metrics).get(_short(best["name"]))
    if lead is None or lead["low"] is None or lead["high"] is None:
        judgement = "Not compared with the best baseline row by row"
        return Verdict(judgement, f"{reached}, without a paired interval.", "same")
    tone = "better" if lead["low"] > 0 else "worse" if lead["high"] < 0 else "same"
    judgement = {
        "better": "Better than the best baseline",
        "worse": "Worse than the best baseline",
        "same": "Not shown to be better than the best baseline",
    }[tone]
    zero = "includes" if tone == "same" else "excludes"
    gap = f"{number(lead['value'], signed=True)} ({interval(lead, signed=True)})"
    return Verdict(judgement, f"{reached}. The paired difference, {gap}, {zero} zero.", tone)


def cautions(metrics: Mapping[str, Any]) -> list[str]:
    """Return what a reader must know before believing any number, most general first."""
    found = [str(metrics["note"])] if metrics["note"] else []
    if never := metrics["never_predicted"]:
        listed = ", ".join(map(str, never))
        found.append(f"Never predicted, {len(never)} of {len(metrics['labels'])}: {listed}.")
    found += [
        f"The run's macro-F1 equals that of a trivial baseline: {_plain(b)}."
        for b in metrics["equals_baseline"]
    ]
    return found


def number(value: float | None, *, signed: bool = False) -> str:
    """Return three decimals with a true minus sign, or ``n/a``."""
    if value is None:
        return _NOT_AVAILABLE
    return f"{round(value, 3) + 0.0:{'+' if signed else ''}.3f}".replace("-", _MINUS)


def interval(part: Mapping[str, Any], *, signed: bool = False) -> str:
    """Return ``low to high``, or ``n/a`` where either end is undefined."""
    if part["low"] is None or part["high"] is None:
        return _NOT_AVAILABLE
    return f"{number(part['low'], signed=signed)} to {number(part['high'], signed=signed)}"


def _context(evidence: Evidence) -> dict[str, Any]:
    metrics, truth_NC = evidence.metrics, evidence.predictions.truth_NC
    bins = plots.reliability_bins(evidence.probs_NC, truth_NC, level=metrics["level"])
    rows = [{"ap": None, **row} for row in metrics["per_class"]]
    by_support = sorted(rows, key=lambda row: -row["support"])
    leads, first = _leads(metrics), metrics["systems"][0]
    systems = [{**s, "lead": leads.pop(_short(s["name"]), None)} for s in metrics["systems"]]
    overall = {k: v for k, v in metrics["overall"].items() if k not in first and v is not None}
    return {
        "title": evidence.title,
        "metrics": metrics,
        "verdict": verdict(metrics),
        "cautions": cautions(metrics),
        "systems": systems,
        "other_leads": leads,
        "overall": overall,
        "per_class": by_support,
        "before": "at 0.5" if metrics["task"] == "multilabel" else "highest probability",
        "cut": "cut" if metrics["task"] == "multilabel" else "bias",
        "dumbbells": _dumbbells(by_support[-_DRAWN_CLASSES:]),
        "bins": bins,
        "reliability": _reliability(bins),
        "cuts": _cuts(evidence.decision),
        "decision": _facts(evidence.decision),
        "curves": _precision_recall(evidence, by_support[::-1]),
        "training": _training(evidence.history),
        "confusion": _confusion(metrics["confusion"]),
        "ledger": evidence.ledger,
        "provenance": evidence.provenance,
    }


def _leads(metrics: Mapping[str, Any]) -> dict[str, Any]:
    return {_short(d["name"].removeprefix("over ")): d["macro_f1"] for d in metrics["differences"]}


def _short(system: str) -> str:
    return system.removeprefix("evenhand, ")


def _dumbbells(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    text = (
        f"F1 of {len(rows)} classes with intervals, before and after thresholds, from the most "
        "frequent class to the rarest; the table of classes holds the numbers."
    )
    return {
        size: plots.draw_dumbbells(
            rows,
            plots.Words(f"f1-{size}", "F1 of each class before and after thresholds", text),
            compact=size == "narrow",
        )
        for size in ("wide", "narrow")
    }


def _reliability(bins: Sequence[plots.Bin]) -> str:
    text = "Share that came true against predicted probability; the table beside it holds the bins."
    return plots.draw_reliability(bins, plots.Words("reliability", "Reliability", text))


def _precision_recall(evidence: Evidence, rarest: Sequence[Mapping[str, Any]]) -> list[Panel]:
    shown = [row for row in rarest if row["support"] > 0][:_SMALL_MULTIPLES]
    panels = []
    for place, row in enumerate(shown):
        c = evidence.predictions.labels.index(row["name"])
        truth_N = evidence.predictions.truth_NC[:, c]
        recall_K, precision_K = plots.precision_recall(truth_N, evidence.probs_NC[:, c])
        point = row["recall"]["value"], row["precision"]["value"]
        ap = number(row["ap"]["value"] if row["ap"] else None)
        title = f"Precision and recall of {row['name']}"
        at = f"; the decision has recall {number(point[0])} and precision {number(point[1])}"
        text = f"Average precision {ap}, {row['support']:,} rows{at}."
        svg = plots.draw_precision_recall(
            recall_K,
            precision_K,
            plots.Words(f"pr{place}", title, text),
            prevalence=float(np.nanmean(truth_N)),
            cut=None if None in point else point,
        )
        panels.append(Panel(svg, str(row["name"]), f"AP {ap} · {row['support']:,} rows"))
    return panels


def _training(history: Sequence[Mapping[str, Any]]) -> list[Panel]:
    epochs = [line for line in history if line["kind"] == "epoch"]
    best = [float(line["step"]) for line in epochs if line.get("best")]
    wanted = {
        ("Loss", "loss"): (
            ("step", "loss", "faint"),
            ("epoch", "fit_loss", "muted"),
            ("epoch", "tune_loss", "accent"),
        ),
        ("On tune rows", "tune"): _chosen_by(epochs),
        ("Learning rate", "rate"): (("step", "lr", "second"),),
        ("Gradient norm", "norm"): (("step", "grad_norm", "muted"),),
    }
    panels = []
    for (title, key), lines in wanted.items():
        series = [s for line in lines if len((s := _series(history, *line)).x)]
        if series:
            mark = best[-1] if best and key in ("loss", "tune") else None
            names = ", ".join(s.name for s in series)
            words = plots.Words(f"training-{key}", title, f"{names} over optimizer steps.")
            svg = plots.draw_training(series, words, mark=mark)
            keys = tuple((s.look, s.name) for s in series)
            panels.append(Panel(svg, title, keys=keys if len(keys) > 1 else ()))
    return panels


def _chosen_by(epochs: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, str, str], ...]:
    """Name the lines of the metric that chose the epoch, and of F1 without thresholds."""
    metric = str(epochs[0]["metric"]) if epochs else ""
    chosen = ("epoch", metric, "accent")
    beside = "f1" in metric and metric not in ("macro_f1_half", "macro_f1_at_half")
    return (("epoch", "macro_f1_half", "muted"), chosen) if beside else (chosen,)


def _series(history: Sequence[Mapping[str, Any]], kind: str, name: str, look: str) -> plots.Series:
    """Read one line from the history; the chosen metric stands under its name or ``value``."""
    lines = [e for e in history if e["kind"] == kind]
    values = [e.get(name, e.get("value") if e.get("metric") == name else None) for e in lines]
    found = [(e["step"], v) for e, v in zip(lines, values, strict=True) if v is not None]
    x, y = np.array(found, dtype=np.float64).reshape(-1, 2).T
    known = np.isfinite(y)
    said = "loss of a step" if name == "loss" else _words(name)
    return plots.Series(said, *plots.thin(x[known], y[known]), look)


def _cuts(decision: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the per-class table of whatever the decision holds for each class."""
    cuts = decision.get("thresholds") or decision.get("biases")
    if not isinstance(cuts, Mapping) or not cuts:
        return None
    rows = {n: c if isinstance(c, Mapping) else {"value": c} for n, c in cuts.items()}
    columns = list(dict.fromkeys(key for cut in rows.values() for key in cut))
    said = {
        name: [number(v) if isinstance(v := cut.get(key), float) else _plain(v) for key in columns]
        for name, cut in rows.items()
    }
    return {"columns": columns, "rows": said}


def _facts(decision: Mapping[str, Any]) -> dict[str, str]:
    left_out = ("thresholds", "biases", "labels", "task")
    return {
        _words(key): _plain(value)
        for key, value in decision.items()
        if key not in left_out and value not in (None, {}, []) and len(_plain(value)) < 300
    }


def _confusion(confusion: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not confusion:
        return None
    labels = confusion["labels"]
    if "one_vs_rest" in confusion:
        counts = dict(zip(labels, confusion["one_vs_rest"], strict=True))
        return {"kind": "one_vs_rest", "rows": counts}
    matrix = np.asarray(confusion["matrix"], dtype=np.int64)
    totals = matrix.sum(axis=1)
    if len(labels) <= _MATRIX_CLASSES:
        shade = np.ceil(45 * matrix / np.maximum(totals, 1)[:, None]).astype(int)
        cells = np.stack([matrix, shade], axis=2).tolist()
        return {"kind": "matrix", "rows": dict(zip(labels, cells, strict=True))}
    wrong = matrix * (1 - np.eye(len(labels), dtype=np.int64))
    worst = [divmod(int(i), len(labels)) for i in np.argsort(-wrong, axis=None, kind="stable")[:40]]
    listed = [(labels[i], labels[j], int(wrong[i, j]), int(totals[i])) for i, j in worst]
    return {"kind": "pairs", "rows": [row for row in listed if row[2]]}


def _words(name: str) -> str:
    if name in _SPOKEN:
        return _SPOKEN[name]
    return name.replace("_", " ").replace("macro f1", "macro-F1").replace("micro f1", "micro-F1")


def _plain(value: Any) -> str:
    """Say any JSON value in a few words: floats rounded, intervals as such, nothing lost."""
    match value:
        case {"value": middle, "low": _, "high": _}:
            said = f"{_plain(middle)} ({interval(value)})"
        case {"name": str(name), **settings}:
            rest = {k: v for k, v in settings.items() if k != "task"}
            said = f"{name} ({_plain(rest)})" if rest else name
        case Mapping():
            said = ", ".join(f"{_words(str(k))} {_plain(v)}" for k, v in value.items())
        case list() | tuple():
            said = ", ".join(map(_plain, value))
        case float():
            said = f"{value:.4g}".replace("-", _MINUS)
        case int() if not isinstance(value, bool):
            said = f"{value:,}"
        case _:
            said = {None: _NOT_AVAILABLE, True: "yes", False: "no"}.get(value, str(value))
    return said
