"""`publish`: what is asked, what is written, and what is not."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import time
from typing import Any

import pytest

from pipelines.commands.publish import Question, publish
from pipelines.commands.workspace import Workspace

SLOW = ("great_expectations", "frictionless", "pandas", "sqlalchemy", "dagster")


def test_a_first_run_publishes_every_dataset_and_says_where_to_look(desk: Any) -> None:
    desk.dataset("wells")
    desk.dataset("mills", title="Invented mills")
    ran = desk.run("publish", "--yes")
    assert ran.code == 0
    assert ran.out.splitlines()[0] == "mills: published 1.0.0"
    assert "Look here: public/index.html" in ran.out
    assert (desk.public / "index.html").exists()
    assert desk.rows() == "place,count\nValea Albă,3\nDealul Rece,5\n"


def test_g6_an_unchanged_run_writes_nothing_at_all(desk: Any) -> None:
    desk.dataset()
    desk.publish()
    before = desk.tree()
    assert desk.publish().out.startswith("wells: nothing changed, 1.0.0 stands")
    assert desk.tree() == before


def test_an_unchanged_run_imports_nothing_slow(desk: Any) -> None:
    desk.dataset()
    desk.publish()
    code = f"""
import sys
from pipelines import cli
try:
    cli.main()
finally:
    print([name for name in {SLOW!r} if name in sys.modules], file=sys.stderr)
"""
    words = [sys.executable, "-c", code, "publish", "--yes"]
    done = subprocess.run(words, cwd=desk.root, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("wells: nothing changed")
    assert done.stderr.strip() == "[]"


def test_a_new_row_is_a_minor_version_and_a_changed_cell_a_patch(desk: Any) -> None:
    source = desk.dataset()
    desk.publish()
    source.write_text("Loc,Nr\nValea Albă,3\nDealul Rece,6\n", "utf-8")
    desk.publish()
    assert desk.shown() == "1.0.1"
    source.write_text("Loc,Nr\nValea Albă,3\nDealul Rece,6\nLunca,1\n", "utf-8")
    desk.publish()
    assert desk.shown() == "1.1.0"
    assert desk.archive.ledger("wells").broken_links() == []


def test_a_changed_comment_makes_no_version(desk: Any) -> None:
    desk.dataset()
    desk.publish()
    before = desk.tree()
    desk.edit("wells", "keywords:", "# what people search by\nkeywords:")
    assert "nothing changed" in desk.publish().out
    assert desk.tree() == before


def test_a_telephone_of_the_organisation_makes_no_version_but_is_shown(desk: Any) -> None:
    desk.dataset()
    desk.publish()
    shared = desk.datapackages / "_shared" / "organizations.yaml"
    shared.write_text(shared.read_text("utf-8").replace("office@egov.md", "date@egov.md"), "utf-8")
    desk.publish()
    assert desk.shown() == "1.0.0"
    assert "date@egov.md" in json.dumps(desk.reading())


def test_what_stands_on_two_portals_is_known_apart(desk: Any) -> None:
    desk.dataset()
    desk.publish()
    ran = desk.run("publish", "--yes", "--to", "folder:elsewhere")
    assert "published 1.0.0" in ran.out
    assert (desk.root / "elsewhere" / "wells" / "latest" / "data" / "rows.csv").exists()
    assert "nothing changed" in desk.run("publish", "--yes", "--to", "folder:elsewhere").out


def test_the_portal_can_be_lost_and_is_made_again_with_all_its_versions(desk: Any) -> None:
    source = desk.dataset()
    desk.publish()
    source.write_text("Loc,Nr\nValea Albă,3\n", "utf-8")
    desk.publish()
    shutil.rmtree(desk.public)
    ran = desk.run("publish", "--yes", "--overwrite")
    assert ran.code == 0, ran.said
    assert [v["version"] for v in desk.reading()["versions"]] == ["1.1.0", "1.0.0"]


def test_g8_edits_by_hand_are_found_and_never_overwritten_in_silence(desk: Any) -> None:
    desk.dataset()
    desk.publish()
    page = desk.public / "wells" / "dataset.json"
    page.write_bytes(page.read_bytes().replace(b"Invented wells", b"Improved wells"))
    for words in (["publish", "--yes"], ["plan"]):
        ran = desk.run(*words)
        assert ran.code == 1
        assert "Improved wells" in ran.err
    assert "Improved wells" in desk.run("status").err
    assert desk.run("publish", "--yes", "--overwrite").code == 0
    assert desk.reading()["title"]["en"] == "Invented wells"


def test_g11_one_broken_dataset_stops_nobody_else_not_even_with_a_bug_of_ours(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines.commands import build

    for slug in ("mills", "roads", "wells"):
        desk.dataset(slug)
    desk.edit("mills", "type: integer", "type: intger")
    genuine = build.judge_dataset

    def buggy(workspace: Any, dataset: Any, *rest: Any) -> Any:
        if dataset.slug == "roads":
            raise RuntimeError("invented")
        return genuine(workspace, dataset, *rest)

    monkeypatch.setattr(build, "judge_dataset", buggy)
    ran = desk.run("publish", "--yes", "--json")
    assert ran.code == 2
    assert {a["dataset"]: a["status"] for a in ran.json} == {"mills": "failed", "roads": "bug", "wells": "published"}
    assert "RuntimeError: invented" in ran.err


def test_two_publishers_at_once_make_one_version(desk: Any) -> None:
    for slug in ("mills", "wells"):
        desk.dataset(slug)
    both = [desk.started("publish", "--yes") for _ in range(2)]
    said = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    for slug in ("mills", "wells"):
        kinds = [entry.kind for entry in desk.archive.ledger(slug).entries()]
        assert kinds == ["judged", "version", "published"]
        assert desk.archive.ledger(slug).broken_links() == []
        assert desk.shown(slug) == "1.0.0"
    assert "nothing changed" in desk.publish().out


def test_g2_readers_see_only_whole_versions_while_it_is_published(desk: Any) -> None:
    source = desk.dataset()
    desk.publish()
    old = desk.rows()
    seen: set[str] = set()
    ended = threading.Event()

    def look() -> None:
        while not ended.is_set():
            seen.add(desk.rows())
            time.sleep(0.001)

    reader = threading.Thread(target=look)
    reader.start()
    source.write_text("Loc,Nr\nValea Albă,4\nDealul Rece,5\n", "utf-8")
    desk.publish()
    ended.set()
    reader.join()
    assert seen <= {old, desk.rows()}
    assert old != desk.rows()


def test_a_person_who_thinks_keeps_nobody_else_waiting(desk: Any) -> None:
    desk.dataset()
    workspace = Workspace(desk.datapackages, desk.root / "archive", f"folder:{desk.public}")
    asked: list[str] = []

    def think(question: Question) -> bool:
        asked.append(question.number)
        if len(asked) == 1:  # somebody else publishes meanwhile
            assert desk.run("publish", "--yes").code == 0
        return True

    assert publish(workspace, "wells", think).status == "unchanged"
    assert asked == ["1.0.0"]


def test_a_version_lost_from_the_archive_is_a_finding_and_what_is_public_stays(desk: Any) -> None:
    source = desk.dataset()
    desk.publish()
    shutil.rmtree(desk.root / "archive" / "wells" / "1.0.0")
    source.write_text("Loc,Nr\nA,1\n", "utf-8")
    for verb in ("check", "diff", "plan", "publish"):
        ran = desk.run(verb, *(["--yes"] if verb == "publish" else []))
        assert (ran.code, "damaged or missing in the archive" in ran.said) == (1, True), (verb, ran.said)
    assert desk.shown() == "1.0.0"


def test_a_contact_of_the_dataset_stands_in_the_place_of_the_organisations(desk: Any) -> None:
    desk.dataset()
    desk.edit("wells", "organization: age,", "organization: age, contact: wells@age.gov.md,")
    desk.publish()
    told = json.loads((desk.public / "wells" / "dataset.json").read_text("utf-8"))
    assert told["organization"]["email"] == "wells@age.gov.md"


def test_datasets_that_read_one_another_stop_no_other(desk: Any) -> None:
    desk.dataset()
    for slug, other in (("chicken", "egg"), ("egg", "chicken")):
        source = f"{{source: {{package: {other}, resource: rows}}, checks: {{rows: {{min: 1}}}}}}"
        desk.dataset(slug, title=slug, publica=source)
    ran = desk.run("publish", "--yes")
    assert ran.code == 1
    assert "chicken -> egg -> chicken" in ran.said and "egg -> chicken -> egg" in ran.said
    assert desk.shown() == "1.0.0"
