"""Is the intent in the sample ``approach`` hidden in the motion, and not in a single frame?

Run: ``python benchmarks/approach.py``; ``--seeds 0 1 2``. Rows are windows of 4 s whose last frame
is not interacting; positive is who interacts within the next 2 s. Logistic regression and
gradient boosting see the last frame alone (position, every joint, also turned as the robot sees
it, and how well chest and head point at the robot), or the window summed up: where, how fast, how
fast nearer, chest and head, steps, hands; mean, spread, last, and change over 4, 1 and 0.4 s.
Scores are out of fold, five folds of whole sessions; intervals (95 %) resample sessions.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from sklearn.base import ClassifierMixin
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from evenhand.samples.approach import FORM, draw_approach
from evenhand.samples.approach.body import JOINTS
from evenhand.samples.series import Recording

WINDOW, AHEAD, STRIDE = (round(s * FORM.rate) for s in (FORM.window, FORM.horizon, FORM.stride))
RESAMPLES = 500
JOINT = {name: number for number, name in enumerate(JOINTS)}
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Rows:
    """Windows ``N``: what each way of looking sees of them, the truth, and the session."""

    seen: Mapping[str, Floats]
    truth_N: NDArray[np.bool_]
    session_N: NDArray[np.str_]


def rows_of(seed: int) -> Rows:
    """Return every window that does not end in an interaction."""
    distance, frame, motion, truth, session = [], [], [], [], []
    for recording in draw_approach(seed).recordings:
        seen_TK, signals_TS = look(recording)
        for end in range(WINDOW, len(recording.label_T) - AHEAD + 1, STRIDE):
            if recording.label_T[end - 1]:
                continue
            distance.append(-signals_TS[end - 1, 2:3])
            frame.append(seen_TK[end - 1])
            motion.append(summary(signals_TS[end - WINDOW : end]))
            truth.append(recording.label_T[end : end + AHEAD].any())
            session.append(recording.record["session"])
    seen = {"distance": distance, "frame": frame, "motion": motion}
    arrays = {name: np.array(rows) for name, rows in seen.items()}
    return Rows(arrays, np.array(truth), np.array(session))


def look(recording: Recording) -> tuple[Floats, Floats]:
    """Return what a frame shows by itself, and the signals that are summed up over a window."""
    at_T2 = recording.streams["traj"].astype(np.float64)
    pose_TJ3 = recording.streams["pose"].astype(np.float64).reshape(len(at_T2), -1, 3)
    distance_T = np.hypot(*at_T2.T)
    toward_T = np.arctan2(-at_T2[:, 1], -at_T2[:, 0])
    turned_TJ3 = pose_TJ3.copy()
    cosine, sine = np.cos(toward_T)[:, None], np.sin(toward_T)[:, None]
    turned_TJ3[..., 0] = pose_TJ3[..., 0] * cosine + pose_TJ3[..., 1] * sine
    turned_TJ3[..., 1] = pose_TJ3[..., 1] * cosine - pose_TJ3[..., 0] * sine
    gaze_T4 = np.concatenate([chest(turned_TJ3), head(turned_TJ3)], axis=1)
    feet_T = np.linalg.norm(
        turned_TJ3[:, JOINT["left_toe"], :2] - turned_TJ3[:, JOINT["right_toe"], :2], axis=1
    )
    hands_T2 = turned_TJ3[:, [JOINT["left_hand"], JOINT["right_hand"]], 2]
    whole = (pose_TJ3.reshape(len(at_T2), -1), turned_TJ3.reshape(len(at_T2), -1))
    seen_TK = np.column_stack([at_T2, distance_T, toward_T, *whole, gaze_T4, feet_T])
    moved = [np.gradient(signal) * FORM.rate for signal in (*at_T2.T, distance_T)]
    return seen_TK, np.column_stack([at_T2, distance_T, *moved, gaze_T4, feet_T, hands_T2])


def chest(turned_TJ3: Floats) -> Floats:
    """Return cosine and sine of the chest against the way to the robot, ``(T, 2)``."""
    across = turned_TJ3[:, JOINT["left_shoulder"]] - turned_TJ3[:, JOINT["right_shoulder"]]
    return unit(np.stack([across[:, 1], -across[:, 0]], axis=1))


def head(turned_TJ3: Floats) -> Floats:
    """Return cosine and sine of the nose against the way to the robot, ``(T, 2)``."""
    ears = turned_TJ3[:, JOINT["left_ear"]] + turned_TJ3[:, JOINT["right_ear"]]
    return unit((turned_TJ3[:, JOINT["nose"]] - ears / 2)[:, :2])


def unit(ways_T2: Floats) -> Floats:
    """Return directions of length one."""
    return ways_T2 / np.linalg.norm(ways_T2, axis=1, keepdims=True)


def summary(signals_WS: Floats) -> Floats:
    """Return mean, spread, last value and changes of the signals of a window."""
    last = signals_WS[-1]
    changes = [last - signals_WS[-1 - back] for back in (WINDOW - 1, 5, 2)]
    second = signals_WS[-5:].mean(axis=0)
    return np.concatenate([signals_WS.mean(axis=0), signals_WS.std(axis=0), last, second, *changes])


def models() -> dict[str, ClassifierMixin]:
    """Return the two kinds of models, as modest as the number of sessions asks for."""
    return {
        "logistic": make_pipeline(StandardScaler(), LogisticRegression(C=0.02, max_iter=1000)),
        "boosting": HistGradientBoostingClassifier(
            max_iter=150, learning_rate=0.05, max_leaf_nodes=8, min_samples_leaf=30, random_state=0
        ),
    }


def scores(rows: Rows) -> dict[str, Floats]:
    """Return out-of-fold scores by what was seen and by which model."""
    found = {"distance alone": rows.seen["distance"][:, 0]}
    for seen in ("frame", "motion"):
        for name, model in models().items():
            found[f"{seen}, {name}"] = cross_val_predict(
                model,
                rows.seen[seen],
                rows.truth_N,
                groups=rows.session_N,
                cv=GroupKFold(5),
                method="predict_proba",
            )[:, 1]
    return found


def interval(rows: Rows, *scores_N: Floats) -> tuple[float, float]:
    """Return the interval of the AP of the first scores, less that of the second if given."""
    random = np.random.default_rng(0)
    places = [np.flatnonzero(rows.session_N == name) for name in np.unique(rows.session_N)]
    values = []
    for _ in range(RESAMPLES):
        drawn = np.concatenate([places[i] for i in random.integers(0, len(places), len(places))])
        ap = [average_precision_score(rows.truth_N[drawn], s[drawn]) for s in scores_N]
        values.append(ap[0] - sum(ap[1:]))
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def main() -> None:
    """Print one table a seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    for seed in parser.parse_args().seeds:
        rows = rows_of(seed)
        found = scores(rows)
        share = f"{rows.truth_N.sum()} of {len(rows.truth_N)} rows positive"
        table = Table("seen, model", "AP", "interval", title=f"seed {seed}: {share}")
        table.add_row("nothing", f"{rows.truth_N.mean():.3f}", "")
        for name, scores_N in found.items():
            ap = average_precision_score(rows.truth_N, scores_N)
            table.add_row(name, f"{ap:.3f}", "{:.3f} to {:.3f}".format(*interval(rows, scores_N)))
        ahead = (found["motion, boosting"], found["frame, boosting"])
        low, high = interval(rows, *ahead)
        gap = np.subtract(*(average_precision_score(rows.truth_N, s) for s in ahead))
        table.add_row("motion over frame, boosting", f"{gap:+.3f}", f"{low:+.3f} to {high:+.3f}")
        Console(width=110).print(table)


if __name__ == "__main__":
    main()
