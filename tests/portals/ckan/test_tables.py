"""Tables in the DataStore of the real CKAN: values come back equal, small changes are small, nothing is left half."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.portals.ckan import rows, tables
from pipelines.portals.ckan.api import Api, Refused, Unsure
from pipelines.portals.ckan.columns import columns_of
from pipelines.portals.ckan.rows import Held, read_table, rows_of
from pipelines.portals.ckan.tables import Change, TableSpec, change, write
from tests.portal.faults import Answer, Drop, Truncate
from tests.portal.proxy import Proxy, action

if TYPE_CHECKING:
    from tests.portal.faults import Seen
    from tests.portal.portal import Portal

WORDS = {
    "cod": ("Code", "Codul", "Код"),
    "loc": ("Place", "Localitatea", "Место"),
    "lei": ("Amount", "Suma", "Сумма"),
}
PLACES = pl.DataFrame({"cod": ["007", "07", "7"], "loc": ["Iași", "Бэлць", None], "lei": [1.1, None, -2.5]})


@dataclass
class Bench:
    """A dataset with one resource, and all that tests do with its table."""

    api: Api
    folder: Path
    id: str

    def spec(self, table: pl.DataFrame, kinds: Mapping[str, str] | None = None, key: tuple[str, ...] = ()) -> TableSpec:
        """The table as it is to be. Columns are text unless `kinds` says otherwise."""
        fields = [{"name": name, "type": (kinds or {}).get(name, "string"), **_words(name)} for name in table.columns]
        file = self.folder / "rows.csv"
        table.write_csv(file)
        return TableSpec(self.id, columns_of({"fields": fields, "primaryKey": key}, "ro"), key, file)

    def change(self, spec: TableSpec, **how: bool) -> Change:
        """What there is to do."""
        return change(read_table(self.api, self.id), spec, rows_of(spec.csv, spec.columns), **how)

    def sync(self, spec: TableSpec, **how: bool) -> Held:
        """Write until there is nothing to do; the table then."""
        for _ in range(3):
            found = self.change(spec, **how)
            if found.empty:
                break
            write(self.api, spec, found)
        held = read_table(self.api, self.id)
        assert held
        assert change(held, spec, rows_of(spec.csv, spec.columns), droppable=how.get("droppable", True)).empty
        return held


def _words(name: str) -> dict[str, Any]:
    en, ro, ru = WORDS.get(name, (name, name, name))
    words = {"ro": {"title": ro, "description": f"{ro}."}, "ru": {"title": ru}}
    return {"title": en, "description": f"{en}.", "translations": words, **({"unit": "MDL"} if name == "lei" else {})}


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "jitter", lambda repeat: 0.0)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType] - a stub


@pytest.fixture
def make(portal: Portal, proxy: Proxy, tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    api = Api(proxy.url, portal.editor_token, jitter=lambda repeat: 0)

    def make(**dataset: Any) -> Bench:
        held = {"name": "t", "format": "CSV", "url": "https://example.org/t.csv"}
        about = {"name": "places", "title": "Localități", "owner_org": "agency", "resources": [held], **dataset}
        return Bench(api, tmp_path, api.tell("package_create", about)["resources"][0]["id"])

    yield make
    api.close()


@pytest.fixture
def bench(make: Callable[..., Bench]) -> Bench:
    return make()


def _told(proxy: Proxy) -> list[str]:
    return [seen.action for seen in proxy.requests if seen.is_write]


# --- values -----------------------------------------------------------------------------------------------------------

TEXTS = [
    *(
        "007",
        "1e5",
        "null",
        "NULL",
        r"\N",
        r"\.",
        "ășțîâ",
        "Ж Щ",
        'a"b',
        "a,b",
        "a\nb",
        "a\r\nb",
        "\t",
        " x ",
        "-",
        "=1",
    ),
    *("true", "'", "%s %(a)s", ":val_0 ::", "\u2028", "🙂", "\\", "{}", "NaN", "x" * 100_000, None),
]
VALUES: dict[str, tuple[str, list[Any]]] = {
    "integer": ("integer", [0, -1, 2**63 - 1, -(2**63), 123456789012345678, None]),
    "number": ("number", [1.1, 1.10, 100.0, -0.0, 0.1 + 0.2, 1e20, 1.5e-7, 1e308, 5e-324, 123456789.123, None]),
    "boolean": ("boolean", [True, False, None]),
    "date": ("date", ["2020-02-29", "0001-01-01", "9999-12-31", None]),
    "moment": (
        "datetime",
        [
            "2020-01-31T12:00:00Z",
            "2020-01-31T23:59:59.123456Z",
            "0001-01-01T00:00:00.500Z",
            "9999-12-31T23:59:59Z",
            None,
        ],
    ),
    "year": ("year", [1859, 2026, None]),
    "time": ("time", ["00:00:00", "23:59:59", None]),
    "month": ("yearmonth", ["2020-01", None]),
}


def test_values_of_every_type_come_back_equal(bench: Bench) -> None:
    table = pl.DataFrame({"text": TEXTS, **{name: (held * 30)[: len(TEXTS)] for name, (_, held) in VALUES.items()}})
    spec = bench.spec(table, {name: kind for name, (kind, _) in VALUES.items()})
    held = bench.sync(spec)
    assert held.rows.drop("_id").equals(rows_of(spec.csv, spec.columns))
    back = held.rows.select(pl.col("number").cast(pl.Float64), pl.col("integer").cast(pl.Int64), "text", "date")
    assert back.equals(table.select("number", "integer", "text", "date"))


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), max_size=60))
def test_any_text_comes_back(bench: Bench, texts: list[str]) -> None:
    table = pl.DataFrame({"n": [str(n) for n in range(len(texts))], "text": [text or None for text in texts]})
    spec = bench.spec(table.cast(pl.String), key=("n",))
    held = bench.sync(spec)
    assert held.rows.sort(pl.col("n").cast(pl.Int64))["text"].to_list() == table["text"].to_list()


def test_an_empty_text_written_by_hand_is_not_a_missing_value(bench: Bench, portal: Portal) -> None:
    spec = bench.spec(PLACES, key=("cod",))
    bench.sync(spec)
    row = {"cod": "7", "loc": ""}
    by_hand = {"resource_id": bench.id, "force": True, "method": "update", "records": [row]}
    portal.api("datastore_upsert", by_hand, portal.editor_token)
    found = bench.change(spec)
    assert found.update["cod"].to_list() == ["7"]
    assert bench.sync(spec).rows["loc"].to_list()[2] is None


# --- the dictionary ---------------------------------------------------------------------------------------------------


def _dictionary(portal: Portal, bench: Bench) -> dict[str, Any]:
    fields = portal.api("datastore_info", {"id": bench.id})["fields"]
    return {field["id"]: {"column": field["type"], **field["info"]} for field in fields}


def test_the_dictionary_tells_everything_in_three_languages_and_survives(bench: Bench, portal: Portal) -> None:
    kinds = {"lei": "number"}
    bench.sync(bench.spec(PLACES, kinds, ("cod",)))
    told = _dictionary(portal, bench)
    assert told["lei"] == {
        "column": "numeric",
        "type": "number",
        "unit": "MDL",
        "label": "Suma",
        "notes": "Suma.",
        "label_en": "Amount",
        "label_ro": "Suma",
        "label_ru": "Сумма",
        "notes_en": "Amount.",
        "notes_ro": "Suma.",
    }
    bench.sync(bench.spec(PLACES.with_columns(loc=pl.lit("Orhei")), kinds, ("cod",)))
    assert _dictionary(portal, bench) == told
    retyped = bench.spec(PLACES.with_columns(cod=pl.Series([7, 8, 9])), {**kinds, "cod": "integer"}, ("cod",))
    assert bench.change(retyped).replace
    bench.sync(retyped)
    assert _dictionary(portal, bench)["lei"] == told["lei"]
    assert portal.api("resource_show", {"id": bench.id})["datastore_active"]


def test_words_changed_by_hand_are_put_right_in_one_call(bench: Bench, portal: Portal, proxy: Proxy) -> None:
    spec = bench.spec(PLACES, key=("cod",))
    bench.sync(spec)
    fields = [{"id": name, "type": "text", "info": {"label": "By hand"}} for name in PLACES.columns]
    portal.api("datastore_create", {"resource_id": bench.id, "force": True, "fields": fields}, portal.editor_token)
    proxy.clear()
    bench.sync(spec)
    assert _told(proxy) == ["datastore_create"]
    assert _dictionary(portal, bench)["loc"]["label_ru"] == "Место"


# --- changes ----------------------------------------------------------------------------------------------------------


def test_three_rows_of_a_hundred_thousand_are_three_rows_in_three_calls(bench: Bench, proxy: Proxy) -> None:
    many = pl.DataFrame({"cod": [f"{n:06}" for n in range(100_000)], "loc": ["Soroca"] * 100_000})
    bench.sync(bench.spec(many, key=("cod",)))
    proxy.clear()
    one = pl.DataFrame({"cod": ["new"], "loc": ["Orhei"]})
    less = many[1:].with_columns(loc=pl.when(pl.col("cod") == "050000").then(pl.lit("Orhei")).otherwise("loc"))
    spec = bench.spec(pl.concat([less, one]), key=("cod",))
    found = bench.change(spec)
    assert (found.rows, found.update.height, found.insert.height, len(found.delete)) == (3, 1, 1, 1)
    planned = found.writes(spec)
    sent = bench.api.traffic.bytes_sent
    write(bench.api, spec, found)
    assert _told(proxy) == ["datastore_upsert", "datastore_upsert", "datastore_delete"]
    assert bench.api.traffic.bytes_sent - sent == sum(each.bytes for each in planned) < 1_000
    assert bench.change(spec).empty


def test_an_updated_row_is_found_by_its_new_words_and_the_count_is_right(bench: Bench, portal: Portal) -> None:
    bench.sync(bench.spec(PLACES, key=("cod",)))
    bench.sync(bench.spec(PLACES[:2].with_columns(loc=pl.lit("Ungheni")), key=("cod",)))
    for word, count in (("Ungheni", 2), ("Iași", 0)):
        assert len(portal.api("datastore_search", {"resource_id": bench.id, "q": word})["records"]) == count
    assert portal.api("datastore_search", {"resource_id": bench.id})["total"] == 2


def test_a_row_that_stands_there_twice_stays_twice_without_a_key(bench: Bench) -> None:
    twice = pl.concat([PLACES, PLACES[:2]])
    assert bench.sync(bench.spec(twice)).rows.height == 5
    assert bench.sync(bench.spec(PLACES)).rows.height == 3


@pytest.mark.parametrize("droppable", [True, False])
def test_columns_come_and_go_in_place(bench: Bench, portal: Portal, droppable: bool) -> None:
    droppable = droppable and portal.variant != "2.10"
    before = bench.sync(bench.spec(PLACES, key=("cod",)))
    other = PLACES.drop("lei").with_columns(nou=pl.lit("da"))
    after = bench.sync(bench.spec(other, key=("cod",)), droppable=droppable)
    assert after.rows["_id"].to_list() == before.rows["_id"].to_list()
    assert [column.name for column in after.columns] == ["cod", "loc", *([] if droppable else ["lei"]), "nou"]
    if not droppable:
        assert after.rows["lei"].to_list() == [None] * 3
        assert "label" not in _dictionary(portal, bench)["lei"]
    bench.sync(bench.spec(PLACES, key=("cod",)), droppable=droppable)


def test_another_key_takes_the_place_of_the_old_one(bench: Bench, portal: Portal) -> None:
    bench.sync(bench.spec(PLACES, key=("cod",)))
    again = pl.concat([PLACES, PLACES[:1].with_columns(loc=pl.lit("Orhei"))])
    for key in (("cod", "lei"), ("cod", "loc"), (), ("cod",)):
        table = PLACES if key == ("cod",) else again.with_columns(lei=pl.Series([1, 2, 3, 4]))
        assert bench.sync(bench.spec(table, key=key)).key == key
    twice = {"resource_id": bench.id, "force": True, "method": "insert", "records": [{"cod": "007"}]}
    with pytest.raises(Exception, match="unique"):
        portal.api("datastore_upsert", twice, portal.editor_token)


# --- reading ----------------------------------------------------------------------------------------------------------


def test_there_is_no_table_where_none_was_made(bench: Bench) -> None:
    assert read_table(bench.api, bench.id) is None
    assert read_table(bench.api, bench.id, hidden=True) is None


def test_a_table_without_rows_is_a_table(bench: Bench) -> None:
    held = bench.sync(bench.spec(PLACES.clear(), key=("cod",)))
    assert (held.rows.height, held.key) == (0, ("cod",))


def test_a_hidden_table_is_read_with_the_token_only(
    make: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "PAGE", 2)
    bench = make(private=True)
    spec = bench.spec(PLACES, key=("cod",))
    write(bench.api, spec, change(None, spec, rows_of(spec.csv, spec.columns)))
    with pytest.raises(Refused) as refused:
        read_table(bench.api, bench.id)
    assert refused.value.kind == "forbidden"
    held = read_table(bench.api, bench.id, hidden=True)
    assert change(held, spec, rows_of(spec.csv, spec.columns)).empty
    name = bench.api.ask("package_search", include_private=True)["results"][0]["id"]
    bench.api.tell("package_patch", {"id": name, "private": False})
    shown = read_table(bench.api, bench.id)
    assert shown and held
    assert (shown.columns, shown.rows.equals(held.rows)) == (held.columns, True)


def test_pages_are_as_small_as_the_portal_makes_them(
    bench: Bench, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = bench.sync(bench.spec(PLACES, key=("cod",)))
    proxy.clear()
    for limit in ("FIRST", "PAGE"):
        monkeypatch.setattr(rows, limit, 2)
    paged = read_table(bench.api, bench.id, hidden=True)
    assert paged and paged.rows.equals(held.rows)
    assert [seen.action for seen in proxy.requests] == ["datastore_search", "datastore_search"]


@pytest.mark.parametrize("size", [0, 10, 40])
@pytest.mark.parametrize("lying", [True, False])
def test_half_a_table_is_read_again_and_never_believed(
    bench: Bench, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, size: int, lying: bool
) -> None:
    monkeypatch.setattr(rows, "PAGE", 2)  # more rows are downloaded as a dump
    spec = bench.spec(PLACES, key=("cod",))
    bench.sync(spec)

    def dumps(seen: Seen) -> bool:
        return "/datastore/dump/" in seen.path

    rule = proxy.when(dumps, Truncate(size, lying=lying), times=1)
    assert bench.change(spec).empty
    assert rule.met == 2
    proxy.when(dumps, Answer(200, b"<html>Welcome</html>"))
    with pytest.raises(Unsure):
        read_table(bench.api, bench.id)


# --- what goes wrong --------------------------------------------------------------------------------------------------


def test_a_killed_call_leaves_nothing(bench: Bench, portal: Portal) -> None:
    many = pl.DataFrame({"cod": [f"{n:06}" for n in range(20_000)], "loc": ["Soroca"] * 20_000})
    spec = bench.spec(many, key=("cod",))
    with ThreadPoolExecutor() as pool:
        writing = pool.submit(write, bench.api, spec, bench.change(spec))
        time.sleep(1)
        assert not writing.done()
        portal.web.kill_workers()
        assert isinstance(writing.exception(), Unsure)
    portal.web.wait()
    assert read_table(bench.api, bench.id) is None
    assert bench.sync(spec).rows.height == 20_000


@pytest.mark.parametrize("before", [True, False])
def test_a_call_whose_end_nobody_saw_is_looked_after(bench: Bench, proxy: Proxy, before: bool) -> None:
    bench.sync(bench.spec(PLACES))
    spec = bench.spec(pl.concat([PLACES, PLACES]))
    proxy.when(action("datastore_upsert"), Drop(before), times=1)
    with pytest.raises(Unsure):
        write(bench.api, spec, bench.change(spec))
    assert bench.change(spec).empty is not before
    bench.sync(spec)


def test_a_table_made_while_the_search_was_down_heals(bench: Bench, portal: Portal) -> None:
    spec = bench.spec(PLACES, key=("cod",))
    portal.solr.stop()
    with pytest.raises(Unsure):
        write(bench.api, spec, bench.change(spec))
    assert bench.change(spec).empty
    portal.solr.start()
    found = bench.change(spec, active=False)
    assert (found.columns, found.rows) == (True, 0)
    write(bench.api, spec, found)
    # 2.10 and 2.11 had set it in the database, unseen; what every publication ends with shows it there, too
    active = {f"update__resources__{bench.id}": {"datastore_active": True}}
    bench.api.tell("package_revise", {"match": {"name": "places"}, **active})
    assert portal.api("resource_show", {"id": bench.id})["datastore_active"]


@pytest.mark.parametrize("key", [("cod",), ()])
def test_who_comes_second_looks_again(bench: Bench, portal: Portal, key: tuple[str, ...]) -> None:
    spec = bench.spec(
        pl.concat([PLACES.with_columns(cod=pl.lit(f"{n}-") + pl.col("cod")) for n in range(300)]), key=key
    )
    apis = [Api(portal.url, portal.editor_token, jitter=lambda repeat: 0) for _ in range(2)]
    found = bench.change(spec)
    with ThreadPoolExecutor() as pool:
        ends = [pool.submit(write, api, spec, found).exception() for api in apis]
    for api in apis:
        api.close()
    assert all(end is None or isinstance(end, Unsure) for end in ends)
    assert bench.sync(spec).rows.height == 900


def test_a_row_that_went_since_it_was_read_is_no_fault_of_the_data(bench: Bench, portal: Portal) -> None:
    bench.sync(bench.spec(PLACES, key=("cod",)))
    spec = bench.spec(PLACES.with_columns(loc=pl.lit("Orhei")), key=("cod",))
    found = bench.change(spec)
    gone = {"resource_id": bench.id, "force": True, "filters": {"cod": "07"}}
    portal.api("datastore_delete", gone, portal.editor_token)
    with pytest.raises(Unsure):
        write(bench.api, spec, found)
    bench.sync(spec)


def test_a_value_that_the_portal_does_not_take_is_refused_and_nothing_is_written(bench: Bench) -> None:
    spec = bench.spec(PLACES, key=("cod",))
    bench.sync(spec)
    wrong = change(
        read_table(bench.api, bench.id), spec, rows_of(spec.csv, spec.columns).with_columns(loc=pl.lit("a\0b"))
    )
    with pytest.raises((Refused, Unsure)):
        write(bench.api, spec, wrong)
    assert bench.change(spec).empty


def test_without_redis_rows_are_written_all_the_same(bench: Bench, portal: Portal) -> None:
    portal.redis.stop()
    assert bench.sync(bench.spec(PLACES, key=("cod",))).rows.height == 3


def test_a_large_new_table_comes_in_one_call_or_in_batches(
    bench: Bench, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "AT_ONCE", (2, 10_000))
    monkeypatch.setattr(tables, "BATCH", (2, 10_000))
    spec = bench.spec(PLACES, key=("cod",))
    bench.sync(spec)
    assert _told(proxy)[1:] == ["datastore_create", "datastore_upsert", "datastore_upsert"]
