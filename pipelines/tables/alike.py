"""Which rows of a table, or of two, say the same: without holding the tables, by hashes of their rows or in buckets.

Hashes rule out: rows whose hashes differ are different. What must be told of the others is asked of the values
themselves, but for rows of two versions, whose 128 bits of hash are taken for them. What a breach of a key is, is in
`checks/keys.py`; what a change is, in `versions/difference.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from pipelines.tables.held import Held, InMemory

ROW = "#row"  # a row's number in its table, from 0; no field is called so
BEFORE = "#before"  # the number, in the table before, of the row that a row is compared with
REPETITION = "#repetition"  # how many rows before it say the same
BUCKET = 150_000_000  # bytes that the rows of a bucket take in memory, about
_FIRST, _SECOND = "#first", "#second"  # two hashes of a row
_SOME = 1_000  # of a column's first cells, by which it is told whether its texts are few


def few_texts(cells: pl.Series) -> pl.Series | None:
    """Each text once (null is one), where it seems that there are many cells and few texts; else None."""
    seem_few = cells.len() > 2 * _SOME and cells.head(_SOME).n_unique() < _SOME // 2
    return cells.unique() if seem_few else None


def repeated(rows: Held, key: Sequence[str]) -> bool:
    """Whether any two rows have the same values in `key`, empty ones among them."""
    if isinstance(rows, InMemory):
        return not rows.frame.select(key).is_unique().all()
    if not _any_twice(_hashes(rows, key)[_FIRST]):
        return False
    return any(not found.select(key).is_unique().all() for (found,) in buckets([rows], [key]))


def buckets(
    tables: Sequence[Held], keys: Sequence[Sequence[str]], others: Sequence[Sequence[str]] = ()
) -> Iterator[list[pl.DataFrame]]:
    """The rows of tables, some of each at a time: their keys and `others`, and each row's number as `ROW`, in order.

    Rows with the same key are in the same bucket, of whichever table they are, also where its types differ (see
    `comparable`). Without a key all rows are in one bucket.
    """
    columns = [[*dict.fromkeys([*key, *more])] for key, more in zip(keys, others or [()] * len(keys), strict=True)]
    common = [
        _common([rows.schema[name] for rows, name in zip(tables, names, strict=True)])
        for names in zip(*keys, strict=True)
    ]
    count = max(_count(rows, names) for rows, names in zip(tables, columns, strict=True)) if keys[0] else 1
    for number in range(count):
        yield [
            _bucket(rows, dict(zip(key, common, strict=True)), names, number, count)
            for rows, key, names in zip(tables, keys, columns, strict=True)
        ]


def comparable(one: pl.DataFrame, other: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Two frames, what they share in one type each: numbers where it is numbers in both, else text."""
    for name in set(one.columns) & set(other.columns):
        common = _common([one.schema[name], other.schema[name]])
        if one.schema[name] != other.schema[name]:
            one, other = one.cast({name: common}), other.cast({name: common})
    return one, other


def _common(types: Sequence[pl.DataType]) -> pl.DataType:
    if all(each == types[0] for each in types):
        return types[0]
    return pl.Float64() if all(each.is_numeric() for each in types) else pl.String()


def _count(rows: Held, columns: Sequence[str]) -> int:
    if isinstance(rows, InMemory):
        return 1
    width = 8 + sum(32 if rows.schema[name] == pl.String else 8 for name in columns)
    return -(-rows.height * width // BUCKET) or 1


def _bucket(
    rows: Held, key: Mapping[str, pl.DataType], columns: Sequence[str], number: int, count: int
) -> pl.DataFrame:
    if count == 1:
        return rows.select(*map(pl.col, columns)).with_row_index(ROW)
    numbered = rows.scan().select(columns).with_row_index(ROW)
    belongs = pl.struct(pl.col(name).cast(dtype) for name, dtype in key.items()).hash() % count == number
    return numbered.filter(belongs).collect()


def apart(old: Held, new: Held) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of each of two tables that do not stand, as often, in the other: `ROW`, ascending, and `REPETITION`.

    Both have the same columns.
    """
    before, after = _moved(*(_counted(_hashes(rows, rows.schema.names())) for rows in (old, new)))
    on = [_FIRST, _SECOND, REPETITION]
    alone: tuple[list[pl.DataFrame], list[pl.DataFrame]] = ([], [])
    for some in _by_hash(before, after):
        for found, (one, other) in zip(alone, (some, some[::-1]), strict=True):
            found.append(one.join(other, on=on, how="anti").select(ROW, REPETITION))
    removed, added = (pl.concat(found).sort(ROW) for found in alone)
    return removed, added


def paired(old: Held, before: pl.Series, new: Held, after: pl.Series, key: Sequence[str]) -> pl.DataFrame:
    """Which of the rows with these numbers, of each of two tables, have the same key: `BEFORE`, and `ROW`, ascending.

    The numbers must ascend; no key repeats.
    """
    found = [
        then.rename({ROW: BEFORE}).join(now, on=[_FIRST, _SECOND]).select(BEFORE, ROW)
        for then, now in _by_hash(_hashes(old, key, before), _hashes(new, key, after))
    ]
    return pl.concat(found).sort(ROW)


def _by_hash(one: pl.DataFrame, other: pl.DataFrame) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Hashed rows of two tables, some of each at a time; the same hash is in the same lot."""
    count = max(1, max(one.height, other.height) // 1_000_000)
    for number in range(count):
        belongs = pl.col(_FIRST) % count == number
        yield (one.filter(belongs), other.filter(belongs)) if count > 1 else (one, other)


def _moved(before: pl.DataFrame, after: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Without the rows that stand in the same place in both, where no row stands in a table twice."""
    if any((each[REPETITION] > 0).any() for each in (before, after)):
        return before, after
    both = min(before.height, after.height)
    same = (before[_FIRST][:both] == after[_FIRST][:both]) & (before[_SECOND][:both] == after[_SECOND][:both])
    if not same.any():
        return before, after
    rest = [pl.concat([each[:both].filter(~same), each[both:]]) for each in (before, after)]
    return rest[0], rest[1]


def _hashes(rows: Held, columns: Sequence[str], which: pl.Series | None = None) -> pl.DataFrame:
    """Two hashes, by seeds of their own, of every row, or of those with the numbers `which`; and its number."""
    whole = pl.struct(columns)
    hashes = [whole.hash(seed).alias(name) for name, seed in ((_FIRST, 0), (_SECOND, 1))]
    parts = rows.parts(columns) if which is None else rows.some(which, columns)
    found = pl.concat([part.select(hashes) for part in parts])
    return found.with_row_index(ROW) if which is None else found.insert_column(0, which.alias(ROW))


def _counted(hashes: pl.DataFrame) -> pl.DataFrame:
    """With how often each row stood there before."""
    none = pl.lit(0, pl.UInt32).alias(REPETITION)
    if not _any_twice(hashes[_FIRST]):
        return hashes.with_columns(none)
    nth = pl.int_range(pl.len(), dtype=pl.UInt32).over(_FIRST, _SECOND).alias(REPETITION)
    return hashes.with_columns(nth)


def _any_twice(hashes: pl.Series) -> bool:
    ordered = hashes.sort()
    return bool((ordered[1:] == ordered[:-1]).any()) if ordered.len() > 1 else False
