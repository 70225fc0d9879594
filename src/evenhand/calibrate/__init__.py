"""Scores to probabilities, with numpy alone.

A calibrator is fitted on tune rows by ``CALIBRATORS.build(name, scores, truth_NC, task,
settings={})`` and rebuilt from its stored values by ``from_dict``. ``evenhand.calibrate.measures``
says how good probabilities are, ``evenhand.calibrate.prior`` moves them to other shares of labels.
"""

from evenhand.calibrate.calibrator import CALIBRATORS, Calibrator, from_dict, nll

__all__ = ["CALIBRATORS", "Calibrator", "from_dict", "nll"]
