"""Distillation: what a big teacher knows goes into one small model; what that is worth is shown."""

from evenhand.study.distill.question import Distillation, Question, make_study
from evenhand.study.distill.work import begin, finish, go_on

__all__ = ["Distillation", "Question", "begin", "finish", "go_on", "make_study"]
