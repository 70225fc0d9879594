"""The folder of a distillation: what lies where."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from evenhand.run.folder import Layout
from evenhand.types import Role


@dataclass(frozen=True)
class StudyLayout(Layout):
    """Names of the files of a study; its two runs are run folders like any other."""

    command: ClassVar[str] = "distill"

    @property
    def manifest(self) -> Path:
        """What was asked, and hashes of what is read."""
        return self.root / "study.json"

    @property
    def teacher(self) -> Path:
        """The teacher's probabilities of fit rows and unlabelled rows."""
        return self.root / "teacher.parquet"

    def teacher_of(self, role: Role) -> Path:
        """Return the file of the teacher's probabilities of tune or report rows, if it has any."""
        return self.root / f"teacher-{role.value}.parquet"

    @property
    def alone(self) -> Path:
        """The run without a teacher."""
        return self.root / "alone"

    @property
    def student(self) -> Path:
        """The run with one."""
        return self.root / "student"

    @property
    def result(self) -> Path:
        """Every figure of the comparison, written last."""
        return self.root / "distill.json"
