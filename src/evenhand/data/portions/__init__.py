"""Rows to predict, some at a time: files that are larger than memory."""

from evenhand.data.portions.opening import open_rows
from evenhand.data.portions.portion import Limit, Place, Portion, RowSource, Survey

__all__ = ["Limit", "Place", "Portion", "RowSource", "Survey", "open_rows"]
