"""Series: folders of NPZ recordings to windows with labels and roles."""

from evenhand.data.series.records import Frames, Scaler, SeriesSchema, Stream, Windows

__all__ = ["Frames", "Scaler", "SeriesSchema", "Stream", "Windows"]
