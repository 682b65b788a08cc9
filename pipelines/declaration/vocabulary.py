"""The closed lists of a declaration: every word that has to be one of a few.

What may stand where is in `model.py`; names that people add to (organisations, licences, themes) are data in
`datapackages/_shared/`.
"""

from __future__ import annotations

from typing import Literal

Cadence = Literal["daily", "weekly", "monthly", "quarterly", "semester", "annual", "irregular", "never"]
History = Literal["snapshot", "append", "upsert"]
FileFormat = Literal["csv", "json", "parquet", "xlsx"]
SourceFormat = Literal["csv", "json", "ods", "xlsx"]
SeverityWord = Literal["block", "warn", "info"]
FieldType = Literal["string", "integer", "number", "boolean", "date", "time", "datetime", "year", "yearmonth"]
Encoding = Literal["utf-8", "cp1250", "cp1251", "iso-8859-2", "iso-8859-16", "utf-16"]

# The EU's frequency list (DCAT-AP), which portals show; "semester" is Moldova's half-year.
FREQUENCY: dict[Cadence, str] = {
    "daily": "DAILY",
    "weekly": "WEEKLY",
    "monthly": "MONTHLY",
    "quarterly": "QUARTERLY",
    "semester": "ANNUAL_2",
    "annual": "ANNUAL",
    "irregular": "IRREG",
    "never": "NEVER",
}
