"""Several models' answers made one: how they are combined, and what each is worth in it.

Reads ``Predictions`` and decisions of finished runs and never imports torch.
"""

from evenhand.combine.combination import COMBINATIONS, Combination, from_dict
from evenhand.combine.members import Member
from evenhand.combine.refit import Ensemble, Rehearsal, fit_ensemble
from evenhand.combine.voices import Voices

__all__ = [
    "COMBINATIONS",
    "Combination",
    "Ensemble",
    "Member",
    "Rehearsal",
    "Voices",
    "fit_ensemble",
    "from_dict",
]
