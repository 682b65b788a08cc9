from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from pipelines.findings import Finding
from pipelines.sources.origins.sql import is_one_select
from pipelines.sources.raw import RawTable
from pipelines.sources.snapshot import Snapshot

Fetching = Callable[..., Snapshot]
Reading = Callable[..., RawTable]
Refusal = Callable[[Callable[[], object]], list[Finding]]


def query(sql: str) -> dict[str, object]:
    return {"path": "rows.csv", "publica": {"source": {"sql": sql, "address": "REGISTER"}}}


@pytest.fixture
def sqlite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "register of 100% & more.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE people (id INTEGER, name TEXT, rate REAL)")
        rows = [(1, 'Țurcan, "Ana"', 0.1), (9_007_199_254_740_993, "", None), (3, None, 1e-7), (4, "a\nb", 2.0)]
        connection.executemany("INSERT INTO people VALUES (?, ?, ?)", rows)
    connection.close()
    monkeypatch.setenv("REGISTER", f"sqlite:///{file}")
    return file


@pytest.fixture
def register(postgres: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("REGISTER", postgres)
    return postgres


def test_rows_of_sqlite_are_canonical_csv(fetching: Fetching, sqlite: Path) -> None:
    snapshot = fetching(**query('SELECT id, name AS "nume, prenume", rate FROM people ORDER BY rowid -- all;'))
    assert snapshot.path.read_text("utf-8") == (
        'id,"nume, prenume",rate\n1,"Țurcan, ""Ana""",0.1\n9007199254740993,"",\n3,,0.0000001\n4,"a\nb",2\n'
    )
    assert (snapshot.name, snapshot.origin) == ("rows.csv", "a query to the database of REGISTER")


def test_rows_of_postgresql_are_canonical_csv(fetching: Fetching, register: str) -> None:
    sql = """
        WITH x(n) AS (VALUES (1), (2))
        SELECT n, 'a%s:b''c;' AS t, 1234567890.10::numeric(20, 2) AS d, 12345678901234567890::numeric AS big,
               n = 1 AS yes, date '2020-01-31' AS zi, timestamptz '2020-07-01 12:00+03' AS la, NULL::text AS gol,
               '' AS vid, 0.1::float8 AS f, E'it\\'s' AS e, time '07:30' AS ora,
               timestamp '2020-01-01 10:00:00.5' AS local
        FROM x WHERE 'x%' LIKE 'x%' ORDER BY n;
    """
    assert fetching(**query(sql)).path.read_text("utf-8") == (
        "n,t,d,big,yes,zi,la,gol,vid,f,e,ora,local\n"
        "1,a%s:b'c;,1234567890.10,12345678901234567890,true,2020-01-31,2020-07-01T09:00:00Z,,\"\",0.1,it's,07:30:00,"
        "2020-01-01T10:00:00.500000\n"
        "2,a%s:b'c;,1234567890.10,12345678901234567890,false,2020-01-31,2020-07-01T09:00:00Z,,\"\",0.1,it's,07:30:00,"
        "2020-01-01T10:00:00.500000\n"
    )


def test_the_rows_are_read_as_we_wrote_them_whatever_the_dialect_says(
    fetching: Fetching, reading: Reading, sqlite: Path
) -> None:
    said = query("SELECT name, id FROM people WHERE id < 4 ORDER BY id")
    content = fetching(**said).path.read_bytes()
    raw = reading(content, name="rows.xlsx", publica=said["publica"], dialect={"delimiter": ";"}, encoding="cp1251")
    assert raw.frame.rows() == [('Țurcan, "Ana"', "1"), (None, "3")]


def test_a_large_result_is_streamed(fetching: Fetching, register: str) -> None:
    snapshot = fetching(**query("SELECT n, repeat('x', 100) AS t FROM generate_series(1, 100000) AS n"))
    assert snapshot.path.read_bytes().count(b"\n") == 100_001


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM people",
        "SELECT 1; DROP TABLE people",
        "SELECT E'\\''; DROP TABLE people; SELECT '''",
        "SELECT 1 -- x\n; DELETE FROM people",
        "-- only a comment",
        "EXPLAIN SELECT 1",
        "SELECTED",
        "SELECT 'open",
        "SELECT $$a$$; DELETE FROM people; SELECT $$b$$",
    ],
)
def test_what_is_not_one_select_is_refused_before_it_is_run(
    fetching: Fetching, refusal: Refusal, sqlite: Path, sql: str
) -> None:
    assert [f.code for f in refusal(lambda: fetching(**query(sql)))] == ["sql-not-one-select"]
    with sqlite3.connect(sqlite) as connection:
        assert connection.execute("SELECT count(*) FROM people").fetchone() == (4,)
    connection.close()


@pytest.mark.parametrize(
    "sql",
    [
        "select*from x",
        " /* why */ WITH a AS (SELECT ';') SELECT * FROM a ; ",
        "SELECT \"a;b\", $q$;$q$, E'\\';' FROM x -- the end; really",
        "(SELECT 1)".strip("()"),
    ],
)
def test_what_is_one_select_is_known(sql: str) -> None:
    assert is_one_select(sql)


def test_a_select_that_writes_is_refused_by_sqlite_itself(fetching: Fetching, refusal: Refusal, sqlite: Path) -> None:
    sql = "WITH gone AS (SELECT 1) DELETE FROM people"
    assert [f.code for f in refusal(lambda: fetching(**query(sql)))] == ["sql-failed"]


def test_a_select_that_writes_is_refused_by_postgresql_itself(
    fetching: Fetching, refusal: Refusal, register: str
) -> None:
    with psycopg.connect(register, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept AS SELECT 1 AS n")
        for sql in ("WITH gone AS (DELETE FROM kept RETURNING n) SELECT * FROM gone", "SELECT 1 INTO made"):
            assert [f.code for f in refusal(lambda sql=sql: fetching(**query(sql)))] == ["sql-failed"]
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1,)


@pytest.mark.parametrize(
    "value", ["'{1,2}'::int[]", "'{}'::json", "interval '1 day'", "'NaN'::numeric", "'NaN'::float8", "'x'::bytea"]
)
def test_a_value_that_no_cell_can_hold_is_a_finding(
    fetching: Fetching, refusal: Refusal, register: str, value: str
) -> None:
    (finding,) = refusal(lambda: fetching(**query(f"SELECT 1 AS a, {value} AS b")))
    assert (finding.code, finding.params["column"]) == ("sql-value", "b")


def test_a_query_that_fails_says_why_without_its_address(fetching: Fetching, refusal: Refusal, register: str) -> None:
    (finding,) = refusal(lambda: fetching(**query("SELECT * FROM registru_inexistent")))
    assert finding.code == "sql-failed"
    assert 'relation "registru_inexistent" does not exist' in finding.text("en")
    (finding,) = refusal(lambda: fetching(**query("SELECT 's3cret-word'::int")))
    assert "s3cret" not in str(finding.to_json())


def test_a_query_that_gives_no_column_is_a_finding(fetching: Fetching, refusal: Refusal, register: str) -> None:
    assert [f.code for f in refusal(lambda: fetching(**query("SELECT FROM generate_series(1, 3)")))] == ["source-empty"]


def test_a_query_that_fails_half_way_keeps_nothing(fetching: Fetching, refusal: Refusal, register: str) -> None:
    sql = "SELECT 1 / (20000 - n) FROM generate_series(1, 30000) AS n"
    assert [f.code for f in refusal(lambda: fetching(**query(sql)))] == ["sql-failed"]


def test_a_database_that_cannot_be_reached_is_told_without_its_address(
    fetching: Fetching, refusal: Refusal, register: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    wrong = (
        register.replace("s3cret-word", "other-s3cret"),
        register.replace("127.0.0.1", "nobody.invalid"),
        register.replace("/postgres", "/s3cretbase"),
        f"sqlite:///{tmp_path}/missing-s3cret.db",
    )
    for address in wrong:
        monkeypatch.setenv("REGISTER", address)
        (finding,) = refusal(lambda: fetching(**query("SELECT 1 AS a")))
        assert finding.code == "sql-unreachable", address
        assert not any(word in str(finding.to_json()) for word in ("s3cret", "officer", "127.0.0.1", "nobody"))


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("", "sql-address-missing"),
        ("not an address s3cret", "sql-address-unreadable"),
        ("mysql://u:s3cret@h/d", "sql-address-unreadable"),
        ("postgresql://u:s3cret@h:port/d", "sql-address-unreadable"),
        ("sqlite://", "sql-address-unreadable"),
    ],
)
def test_an_address_that_cannot_be_used_is_told_by_its_variable(
    fetching: Fetching, refusal: Refusal, monkeypatch: pytest.MonkeyPatch, address: str, code: str
) -> None:
    monkeypatch.setenv("REGISTER", address)
    (finding,) = refusal(lambda: fetching(**query("SELECT 1 AS a")))
    assert (finding.code, finding.params) == (code, {"variable": "REGISTER"})
