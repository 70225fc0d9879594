"""Series: folders of NPZ recordings to windows with labels and roles."""

from evenhand.data.series.folder import is_series
from evenhand.data.series.read import WindowRows, read_series, read_series_like, read_windows
from evenhand.data.series.records import Frames, Scaler, SeriesSchema, Stream, Windows
from evenhand.data.series.sanity import Oddity

__all__ = [
    "Frames",
    "Oddity",
    "Scaler",
    "SeriesSchema",
    "Stream",
    "WindowRows",
    "Windows",
    "is_series",
    "read_series",
    "read_series_like",
    "read_windows",
]
