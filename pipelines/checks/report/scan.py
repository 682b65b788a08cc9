"""A block of rows looked at by expressions: the rows that could be wrong, and what each row holds in its keys.

What the expressions are is in `sure.py`; a cell that they cannot clear is shown to frictionless' own reader of its
field, once for each text, so a column of odd but good cells costs little. Rows are judged in `judge.py`.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.checks.report.blocks import Block
from pipelines.checks.report.outside import frictionless_code
from pipelines.checks.report.sure import HELD, OTHERWISE, key, missing, sure, typed

if TYPE_CHECKING:
    from frictionless import Field

REMEMBERED = 20_000  # texts of a column whose reading is kept
WORDS = 2  # of 64 bits each: no two keys of a table come out the same
_SEED = secrets.randbits(60)


@dataclass(frozen=True)
class Scanned:
    """What is known of a block. `doubtful`: rows (from 0) that could be wrong.

    `keys`: for each key asked for, what its rows hold, as `WORDS` columns; null where it holds nothing.
    """

    block: Block
    rows: int
    doubtful: NDArray[np.int64]
    keys: Sequence[pl.DataFrame]


class Column:
    """A column of the file and the field it is read as."""

    def __init__(self, number: int, field: Field) -> None:
        self.name, self.field = str(number), field
        self.text = pl.col(self.name)
        self._read = lru_cache(REMEMBERED)(field.create_cell_reader())
        self._right = pl.Series(dtype=pl.String)

    def read(self, text: str) -> tuple[Any, Any]:
        """What frictionless makes of a text: its value, and what it has against it. Raises NotHereError."""
        with frictionless_code():
            return self._read(text)

    @cached_property
    def typed(self) -> pl.Expr | None:
        """What the cells hold, if an expression can tell."""
        return None if self.free else typed(self.field, self.text)

    @cached_property
    def value(self) -> pl.Expr | None:
        """The column in which that then is."""
        return self.text if self.free else None if self.typed is None else pl.col(f"value {self.name}")

    @cached_property
    def free(self) -> bool:
        """Whether any text at all is right."""
        constraints = self.field.constraints.keys() - {"unique"}
        return self.field.type in ("string", "any") and self.field.format == "default" and not constraints

    @property
    def missing(self) -> pl.Expr:
        """Where there is no value."""
        return missing(self.field, self.text)

    @cached_property
    def slow(self) -> bool:
        """Whether its expressions cost more than comparing with all that was found right so far: there are few days."""
        return self.field.type == "date"

    def wrong(self, texts: pl.Series, clear: pl.Series | None) -> NDArray[np.bool_] | None:
        """The cells that frictionless itself finds fault with, None if there are none. `clear`: those that are sure."""
        if clear is None:
            clear = texts.is_in(self._right.implode())
        if clear.all():
            return None
        doubted = pl.select(pl.when(~clear).then(texts)).to_series().unique().drop_nulls()
        if self.slow:
            doubted = doubted.filter(~self._sure(doubted))
        faulty = [text for text in doubted.to_list() if self.read(text)[1]]
        return texts.is_in(faulty).fill_null(value=False).to_numpy() if faulty else None

    def _sure(self, texts: pl.Series) -> pl.Series:
        """Which of these different texts are sure; they are kept for the next block, as far as there is room."""
        frame = pl.DataFrame({self.name: texts}).lazy()
        known = frame if self.typed is None else frame.with_columns(self.typed.alias(f"value {self.name}"))
        fine = known.select(sure(self.field, self.text, self.value)).collect().to_series().fill_null(value=False)
        if len(self._right) + fine.sum() <= REMEMBERED:
            self._right = pl.concat([self._right, texts.filter(fine)])
        return fine

    def keyed(self, texts: pl.Series, plain: pl.Series | None, gaps: pl.Series) -> pl.Series:
        """What is compared of these cells: `plain` where it is known, else what frictionless reads."""
        kind, hold = HELD.get(self.field.type, OTHERWISE)
        if plain is None:
            plain = pl.Series(self.name, [None], kind).new_from_index(0, len(texts))
        odd = plain.is_null() & ~gaps
        if not odd.any():
            return plain
        seen = texts.filter(odd).unique().to_list()
        values = [self.read(text)[0] for text in seen]
        with frictionless_code():
            held = pl.Series([None if value is None else hold(value) for value in values], dtype=kind)
        return plain.zip_with(~odd, texts.replace_strict(seen, held, default=None, return_dtype=kind))


class Scanner:
    """Looks at blocks of a file whose columns are read as `fields`.

    `keys`: names of fields whose values are asked for. `whole`: the fields of a primary key, not to be all empty.
    """

    def __init__(self, fields: Sequence[Field], keys: Sequence[Sequence[str]], whole: Sequence[str] = ()) -> None:
        self.columns = {field.name: Column(number, field) for number, field in enumerate(fields)}
        self.keys = [[self.columns[name] for name in names] for names in keys]
        self._keyed = {column.name: column for columns in self.keys for column in columns}
        self._asked = self._questions([self.columns[name] for name in whole])

    def _questions(self, whole: Sequence[Column]) -> Mapping[str, pl.Expr]:
        asked = {
            f"sure {column.name}": sure(column.field, column.text, column.value)
            for column in self.columns.values()
            if not column.free and not column.slow
        }
        for number, columns in enumerate((list(self.columns.values()), whole)):
            if columns and not any(column.field.constraints.get("required") for column in columns):
                asked[f"empty {number}"] = pl.all_horizontal(column.missing for column in columns)
        for column in self._keyed.values():
            asked[f"gap {column.name}"] = column.missing
            if (value := key(column.field, column.text, column.value)) is not None:
                asked[f"key {column.name}"] = value
        return asked

    def scan(self, block: Block, *, keys_only: bool = False) -> Scanned | None:
        """What there is to know of the block; None if polars cannot read it as Python does."""
        shown = block.frame()
        return self.looked_at(*shown, block, keys_only=keys_only) if shown else None

    def looked_at(
        self, frame: pl.DataFrame, ragged: NDArray[np.bool_] | None, block: Block, *, keys_only: bool
    ) -> Scanned:
        """The same of a block's cells, and which of its rows are ragged."""
        columns = [column for column in self.columns.values() if not keys_only or column.name in self._keyed]
        values = [
            read.alias(f"value {column.name}")
            for column in columns
            if (read := column.typed) is not None and (not column.slow or column.name in self._keyed)
        ]
        wanted = [
            answer.alias(name)
            for name, answer in self._asked.items()
            if not keys_only or name.startswith(("gap", "key"))
        ]
        told = frame.lazy().with_columns(values).select(wanted).collect() if wanted else pl.DataFrame()
        doubt = np.zeros(frame.height, np.bool_) if ragged is None else ragged.copy()
        if not keys_only:
            for name in told.columns:
                if name.startswith("empty"):
                    doubt |= told[name].to_numpy()
            for column in columns:
                if not column.free:
                    clear = None if column.slow else told[f"sure {column.name}"].fill_null(value=False)
                    wrong = column.wrong(frame[column.name], clear)
                    doubt |= False if wrong is None else wrong
        held = {name: self._held(column, frame, told) for name, column in self._keyed.items()}
        keys = [_hashed([held[column.name] for column in columns]) for columns in self.keys]
        return Scanned(block, frame.height, np.flatnonzero(doubt), keys)

    def _held(self, column: Column, frame: pl.DataFrame, told: pl.DataFrame) -> pl.Series:
        plain = told[f"key {column.name}"] if f"key {column.name}" in told.columns else None
        return column.keyed(frame[column.name], plain, told[f"gap {column.name}"])


def _hashed(parts: Sequence[pl.Series]) -> pl.DataFrame:
    """For each row two words that stand for what its parts hold; null where that is nothing."""
    frame = pl.DataFrame([part.alias(str(place)) for place, part in enumerate(parts)])
    nothing = pl.all_horizontal(pl.all().is_null())
    words: list[pl.Expr] = []
    for word in range(WORDS):
        hashes = [pl.col(name).hash(_SEED + WORDS * place + word) for place, name in enumerate(frame.columns)]
        together = hashes[0]
        for each in hashes[1:]:
            together = together ^ each
        words.append(pl.when(~nothing).then(together).alias(f"word {word}"))
    return frame.select(words)


def hashed_values(fields: Sequence[Field], rows: Sequence[Sequence[Any]]) -> pl.DataFrame:
    """The same of values that frictionless has read, row by row."""
    parts: list[pl.Series] = []
    for place, field in enumerate(fields):
        kind, hold = HELD.get(field.type, OTHERWISE)
        values = [row[place] for row in rows]
        held = [None if value is None else hold(value) for value in values]
        parts.append(pl.Series(held, dtype=kind))
    return _hashed(parts)
