"""``evenhand ensemble``: several finished runs made one, and what each is worth in it."""

from evenhand.study.ensemble.build import resume, start
from evenhand.study.ensemble.gather import Team, gather
from evenhand.study.ensemble.measure import figures
from evenhand.study.ensemble.plan import plan

__all__ = ["Team", "figures", "gather", "plan", "resume", "start"]
