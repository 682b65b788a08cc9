"""An anonymous reader of a real CKAN looks at least 20 times inside every write of every kind of publication (G2), and
never meets a file that is not whole, a table that is half filled, or bytes that the dataset does not name.

Each write is held open while it looks: before its last byte, between Solr's commit and PostgreSQL's, and before the
rows of a table are committed. The publisher is killed meanwhile in `test_crash.py`.
"""

from __future__ import annotations

from tests.portal.proxy import Proxy, action
from tests.portal.reader import Reader, SlowCommit, assert_looks, paced
from tests.portals.ckan.publishers import ONE, TWO, Office, Town

PUBLISH = ("publish", "--yes")
THREE = TWO + "Satul Vechi,2\n"
PLACES = """\
  - name: places
    type: table
    path: source/places.csv
    title: Places
    publica: {checks: {rows: {min: 1}}}
    schema:
      fields:
        - {name: place, type: string, from: Loc, title: Place, constraints: {required: true}}
      primaryKey: [place]
"""


def watched(office: Office, solr: Proxy, *words: str) -> list[str]:
    """Do it while a reader looks into every write, and return the writes. Fails for whatever it must not see."""
    before = office.snapshot()
    tables = [held["id"] for held in before.package["resources"] if held.get("datastore_active")] if before else []
    office.front.clear()
    with Reader(office.portal.url, office.slug) as reader:
        paced(office.front, reader, solr=solr)
        for table in tables:
            rows_of = action("datastore_upsert", "datastore_delete")
            office.front.when(rows_of, SlowCommit(reader, 20, office.portal.database("datastore"), table))
        office.does(*words)
        assert_looks(office.front, reader)
    made = [seen.action for seen in office.front.requests if seen.is_write]
    office.front.rules.clear()
    solr.rules.clear()
    allowed = office.allowed(before, office.snapshot())
    assert reader.problems(allowed) == []
    return made


def test_a_first_publication_is_seen_whole_or_not_at_all(town: Town, solr: Proxy) -> None:
    office = town.office()
    assert watched(office, solr, *PUBLISH)[0] == "package_create"
    office.settled(ONE)


def test_of_a_new_version_rows_and_files_are_old_or_new(town: Town, solr: Proxy) -> None:
    office = town.office()
    office.does(*PUBLISH)
    office.source(TWO)
    made = watched(office, solr, *PUBLISH)
    alone = office.portal.variant in ("2.10", "2.11")  # there the announcement is taken away by a call of its own
    assert (made[0], made[-1], made.count("package_revise")) == ("package_revise", "package_revise", 2 + alone)
    assert {"datastore_upsert", "datastore_delete"} < set(made)
    office.settled(TWO)


def test_a_new_table_is_whole_when_it_is_listed(town: Town, solr: Proxy) -> None:
    office = town.office()
    office.does(*PUBLISH)
    folder = office.desk.datapackages / office.slug
    (folder / "source" / "places.csv").write_text("Loc\nValea Albă\nDealul Rece\n", "utf-8")
    with (folder / "datapackage.yaml").open("a", encoding="utf-8") as file:
        file.write(PLACES)
    watched(office, solr, *PUBLISH)
    snapshot = office.snapshot()
    assert snapshot
    assert sorted(len(rows) for rows in snapshot.tables.values()) == [2, 3]


def test_a_retyped_table_stands_beside_the_one_it_replaces(town: Town, solr: Proxy) -> None:
    office = town.office()
    office.does(*PUBLISH)
    before = office.snapshot()
    office.desk.edit(office.slug, "name: count, type: integer", "name: count, type: number")
    watched(office, solr, *PUBLISH)
    after = office.snapshot()
    assert before
    assert after
    assert len(after.tables) == 2
    assert before.files.items() <= after.files.items()


def test_words_alone_change_in_one_call(town: Town, solr: Proxy) -> None:
    office = town.office()
    office.does(*PUBLISH)
    organizations = office.desk.datapackages / "_shared" / "organizations.yaml"
    text = organizations.read_text("utf-8")
    assert "office@egov.md" in text
    organizations.write_text(text.replace("office@egov.md", "data@egov.md"), "utf-8")
    assert watched(office, solr, *PUBLISH) == ["package_revise"]
    office.settled(ONE)


def test_an_earlier_version_comes_back(town: Town, solr: Proxy) -> None:
    office = town.office()
    office.does(*PUBLISH)
    office.source(TWO)
    office.does(*PUBLISH)
    watched(office, solr, "rollback", office.slug, "1.0.0", "--reason", "wrong", "--yes")
    office.settled(ONE)


def test_a_dataset_is_withdrawn_and_taken_back(town: Town, solr: Proxy) -> None:
    office = town.office()
    office.does(*PUBLISH)
    watched(office, solr, "withdraw", office.slug, "--reason", "wrong", "--yes")
    office.settled("")
    office.does("release", office.slug)
    watched(office, solr, *PUBLISH)
    office.settled(ONE)


def test_an_old_version_is_erased(town: Town, solr: Proxy) -> None:
    office = town.office()
    for rows in (ONE, TWO, THREE):
        office.source(rows)
        office.does(*PUBLISH)
    watched(office, solr, "erase", office.slug, "--version", "1.0.0", "--reason", "a court said so", "--yes")
    office.settled(THREE)
    snapshot = office.snapshot()
    assert snapshot
    assert [held["publica_key"] for held in snapshot.package["resources"] if "zip" in held["url"]] == ["version/1.2.0"]
