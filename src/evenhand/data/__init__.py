"""Reading: files to texts, labels and roles, with an account of every row."""

from evenhand.data.conform import read_texts
from evenhand.data.dataset import read_dataset, read_labelled
from evenhand.data.rows import Dataset
from evenhand.data.schema import Schema
from evenhand.data.table import Table
from evenhand.data.text import find_placeholders

__all__ = [
    "Dataset",
    "Schema",
    "Table",
    "find_placeholders",
    "read_dataset",
    "read_labelled",
    "read_texts",
]
