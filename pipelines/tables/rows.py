"""The rows of a pandas frame as plain values, and back: what transforms of few rows and many rules work with.

The transforms are in `transforms/`. What is here is part of each of them, and so of their digest (`derive.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import pandas as pd

Cell = str | int | float | bool | date | datetime | None
Row = dict[str, Cell]

DATE = "date32[day][pyarrow]"  # of the names that pandas has for types, the one that is not read at a glance


def records(frame: pd.DataFrame) -> list[Row]:
    """The rows as plain values: whatever the frame holds for a gap is None."""
    import pandas as pd  # slow to import, and only needed when a table changed

    def plain(value: object) -> Cell:
        return None if value is None or value is pd.NA or value is pd.NaT else cast(Cell, value)

    columns = {str(name): [plain(value) for value in cast("list[object]", frame[name].tolist())] for name in frame}
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def frame_of(rows: Sequence[Row], types: Mapping[str, str]) -> pd.DataFrame:
    """`rows` as a frame with the columns of `types`, each of the pandas type that it names; there may be no row."""
    import pandas as pd

    return pd.DataFrame(rows, columns=list(types)).astype(dict(types))
