"""That every row of every table of every package stands where it says it does: read from what a reader gets.

Which packages, tables and columns there are is read from the folder and from the published headings, so a new table is
asked too. The other way round, from the report to the data, is in `test_open_government_observations.py`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

PACKAGES = Path(__file__).resolve().parents[2] / "datapackages"
SLUGS = sorted(path.parent.name for path in PACKAGES.glob("*/datapackage.yaml"))
SOURCE = ("source_document", "source_line", "source_text")
SIDES = ("source", "other")

Row = dict[str, str]
Published = Mapping[tuple[str, str], list[Row]]
Untraceable = Callable[[Iterable[Mapping[str, str]]], list[str]]


def resources(slug: str) -> list[dict[str, Any]]:
    declared: list[dict[str, Any]] = yaml.safe_load((PACKAGES / slug / "datapackage.yaml").read_text("utf-8"))[
        "resources"
    ]
    return declared


def quotations(row: Row) -> Iterator[Row]:
    """Each place that a row names with its characters: the row's own, the other side of it, those of single facts.

    `x_text` stands on `x_line` of `x_document`, or of `source_document` where that has no column.
    """
    for column, text in row.items():
        name = column.removesuffix("_text")
        line = row.get(f"{name}_line")
        if name == column or line is None or (not text and not line and name not in ("source", "other")):
            continue
        document = row.get(f"{name}_document", row["source_document"])
        yield dict(zip(SOURCE, (document, line, text), strict=True))


def lines_alone(row: Row) -> Iterator[tuple[str, str]]:
    """Each place that a row names without characters: document and line."""
    for column, line in row.items():
        name = column.removesuffix("_line")
        if line and name != column and f"{name}_text" not in row:
            yield row.get(f"{name}_document", row["source_document"]), line


def with_source(published: Published, slug: str) -> dict[str, list[Row]]:
    """The tables of a package that name a source; without rows that were measured, which no document prints."""
    return {
        table: [row for row in rows if row.get("origin") != "measured"]
        for (of, table), rows in published.items()
        if of == slug and rows and set(SOURCE) & set(rows[0])
    }


def test_every_package_of_the_folder_is_published_with_all_its_tables(published: Published) -> None:
    assert set(published) == {(slug, resource["name"]) for slug in SLUGS for resource in resources(slug)}
    assert [name for name, rows in published.items() if not rows] == []


@pytest.mark.parametrize("slug", SLUGS)
def test_a_table_names_its_source_or_is_computed_from_tables_that_do(slug: str, published: Published) -> None:
    named = with_source(published, slug)
    for table, rows in named.items():
        assert set(SOURCE) <= set(rows[0]), table
    computed = {r["name"] for r in resources(slug) if {"transform", "source"} & set(r.get("publica", {}))}
    assert {resource["name"] for resource in resources(slug)} - set(named) <= computed


@pytest.mark.parametrize("slug", SLUGS)
def test_every_row_of_every_table_stands_on_the_lines_that_it_names(
    slug: str, published: Published, untraceable: Untraceable
) -> None:
    for table, rows in with_source(published, slug).items():
        places = [place for row in rows for place in quotations(row)]
        assert len(places) >= len(rows)
        assert untraceable(places) == [], table


def test_both_sides_of_every_contradiction_are_asked(published: Published) -> None:
    tables = {name: rows for name, rows in published.items() if "other_line" in rows[0]}
    assert {slug for slug, _ in tables} == {"cups-centres", "source-documents"}
    for rows in tables.values():
        for row in rows:
            sides = [tuple(place.values()) for place in quotations(row)]
            assert sides == [tuple(row[f"{side}_{part}"] for part in ("document", "line", "text")) for side in SIDES]


@pytest.mark.parametrize("slug", SLUGS)
def test_a_line_that_is_named_without_its_characters_is_there_and_not_blank(
    slug: str, published: Published, seed_lines: dict[str, list[str]] | None
) -> None:
    named = {place for rows in with_source(published, slug).values() for row in rows for place in lines_alone(row)}
    for document, line in named:
        assert line.isdecimal() and int(line) >= 1
        if seed_lines is not None and document in seed_lines:
            assert seed_lines[document][int(line) - 1].strip(), (document, line)


def test_every_document_that_a_row_names_is_among_the_documents(published: Published) -> None:
    listed = {row["file_name"] for row in published["source-documents", "documents"]}
    named = {place["source_document"] for rows in published.values() for row in rows for place in quotations(row)}
    assert named - {""} == listed  # nothing but what was measured names none, as is tested above


@pytest.mark.parametrize("column", ["source_text", "other_text", "source_line", "other_document"])
def test_a_place_that_is_wrong_is_found_out(
    column: str, published: Published, untraceable: Untraceable, seed_lines: dict[str, list[str]] | None
) -> None:
    row = next(
        r for r in published["source-documents", "contradictions"] if r["source_document"] != r["other_document"]
    )
    wrong = row | {
        column: {"source_line": "2", "other_document": "999_0000000000000000.txt"}.get(column, "no such words")
    }
    found = untraceable(quotations(wrong))
    assert len(found) == (1 if seed_lines is not None or column == "other_document" else 0)
