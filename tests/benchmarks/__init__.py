"""What publica costs, each figure beside a named rival or limit that is measured in the same round.

    .venv/bin/python -m tests.benchmarks [--runs 3] [--copies 200] [--plain 20]

What is measured                             against
`publica publish --yes`, five real datasets: the floor, `python -c "import polars, pydantic"`; the first run also
  first run, and again with nothing changed  with great_expectations, which its suites have to import
a tiny dataset (30 rows x 10 columns) after  the plain way: frictionless validates, Great Expectations runs the same 12
  the first, of many in one process: with    expectations in one context (or none), pandas writes CSV, JSON, Parquet and
  and without a suite, first and unchanged   XLSX, frictionless writes and hashes the package's descriptor
`publica --help`                             `python -c "import click"`
importing `pipelines.definitions`            `python -c "import dagster"`

Also said: whether an unchanged run wrote anything, and which heavy libraries it imported. Every measurement is a fresh
process over fresh folders with a warm file cache. A ratio is taken within a round, rival beside ours; the table shows
medians over rounds. CPU time is that of all threads and children; on a busy machine only it, and ratios, mean anything.
No test asserts a time. `tables.py` makes the datasets, `ours.py` and `plain.py` are the two ways, run as processes.
"""
