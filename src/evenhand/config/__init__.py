"""Run files: what was asked, checked before any work starts. No torch here.

A run file is TOML with one table a section. Unknown keys are errors. Settings of a part
(``[loss] name = "focal"``, ``gamma = 2``) are checked against the part's own signature.
"""

from evenhand.config.judging import CardConfig
from evenhand.config.learning import ModelConfig, PretrainConfig
from evenhand.config.reading import override, parse_config
from evenhand.config.rows import DataConfig, SeriesConfig
from evenhand.config.run import RunConfig, known_keys
from evenhand.config.section import Part

__all__ = [
    "CardConfig",
    "DataConfig",
    "ModelConfig",
    "Part",
    "PretrainConfig",
    "RunConfig",
    "SeriesConfig",
    "known_keys",
    "override",
    "parse_config",
]
