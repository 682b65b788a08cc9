"""Rows per second into a portal's DataStore: publica's way beside batched `datastore_upsert`, first load and update.

Usage: python -m tests.benchmarks.ckan_rows URL OWNER ROWS. Prints JSON: seconds by name, and how many rows they moved.
Publica's way ends with reading the table back as a stranger; that part is told apart.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipelines.portals.ckan.api import Api
from pipelines.portals.ckan.columns import columns_of
from pipelines.portals.ckan.portal import TOKEN
from pipelines.portals.ckan.rows import read_table, rows_of
from pipelines.portals.ckan.tables import BATCH, TableSpec, change, write
from tests.benchmarks.timing import timed

CHANGED = 10  # every tenth row is another in the update
_KINDS = {"integer": "cantitate", "number": "valoare", "date": "data", "boolean": "activ", "string": "judet"}
SCHEMA: dict[str, Any] = {
    "fields": [{"name": "id", "type": "string"}, *({"name": name, "type": kind} for kind, name in _KINDS.items())],
    "primaryKey": ["id"],
}


def main(url: str, owner: str, rows: int) -> None:
    """Load and update two tables of the same rows."""
    api, found = Api(url, os.environ[TOKEN]), dict[str, float]()
    ours, raw = str(uuid.uuid4()), str(uuid.uuid4())
    resources = [{"id": each, "name": each, "url": "https://example.org/", "format": "CSV"} for each in (ours, raw)]
    api.tell("package_create", {"name": "measured-rows", "owner_org": owner, "resources": resources})
    with tempfile.TemporaryDirectory() as folder:
        columns = columns_of(SCHEMA, "en")
        spec = TableSpec(ours, columns, ("id",), Path(folder) / "rows.csv")
        fields = [{"id": column.name, "type": column.type} for column in columns]
        api.tell("datastore_create", {"resource_id": raw, "force": True, "fields": fields, "primary_key": ["id"]})
        for name, step in (("first load", 0), ("update", 1)):
            spec.csv.write_text("".join(_lines(rows, step)), "utf-8")
            wanted = rows_of(spec.csv, columns)
            read, held = timed(lambda: read_table(api, ours))
            differing, todo = timed(lambda held=held, wanted=wanted: change(held, spec, wanted))
            found[f"{name}, rows"] = todo.rows
            found[f"{name}, reading and comparing"] = read.wall + differing.wall
            found[f"{name}, written by publica"] = timed(lambda todo=todo: write(api, spec, todo))[0].wall
            back, held = timed(lambda: read_table(api, ours))
            found[f"{name}, read back"] = back.wall
            assert change(held, spec, wanted).empty
            records = wanted.to_dicts() if not step else wanted[::CHANGED].to_dicts()
            assert len(records) == todo.rows
            method = "update" if step else "insert"
            found[f"{name}, datastore_upsert"] = timed(lambda r=records, m=method: _raw(api, raw, r, m))[0].wall
    sys.stdout.write(json.dumps(found))


def _raw(api: Api, resource: str, records: list[dict[str, Any]], method: str) -> None:
    plainly = {"resource_id": resource, "force": True, "method": method, "calculate_record_count": False}
    for start in range(0, len(records), BATCH[0]):
        api.tell("datastore_upsert", {**plainly, "records": records[start : start + BATCH[0]]})


def _lines(rows: int, step: int) -> Iterator[str]:
    yield ",".join(field["name"] for field in SCHEMA["fields"]) + "\n"
    for number in range(rows):
        amount = number + (step if number % CHANGED == 0 else 0)
        day = f"20{number % 25:02d}-{number % 12 + 1:02d}-{number % 28 + 1:02d}"
        yield f"RO{number:07d},{amount},{amount % 977}.{number % 90 + 10},{day},{'true' if number % 3 else 'false'},"
        yield f"Chișinău {number % 40}\n"


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
