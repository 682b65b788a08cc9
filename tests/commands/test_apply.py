"""`plan --save` and `apply`: exactly the writes that were planned, or none where anything moved since."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.commands.apply import apply
from pipelines.commands.plan_file import read_plan
from pipelines.commands.publish import Question, publish
from pipelines.commands.workspace import Workspace
from pipelines.errors import UserError

COPY = "{source: {package: wells, resource: rows}, checks: {rows: {min: 1}}}"


def _workspace(desk: Any, at: datetime | None = None) -> Workspace:
    now = (lambda: at) if at else (lambda: datetime.now(UTC))
    return Workspace(desk.datapackages, desk.root / "archive", "folder:public", now=now)


def _saved(desk: Any, *names: str) -> dict[str, Any]:
    ran = desk.run("plan", *names, "--save", "plan.json")
    assert ran.code == 0, ran.said
    return json.loads((desk.root / "plan.json").read_bytes())


def _codes(ran: Any) -> dict[str, list[str]]:
    return {answer["dataset"]: [f["code"] for f in answer["findings"]] for answer in ran.json}


def test_saving_a_plan_writes_only_the_file(desk: Any) -> None:
    desk.dataset()
    value = _saved(desk)
    assert desk.tree() == {}
    (told,) = value["datasets"]
    assert (told["dataset"], told["version"], told["present"]) == ("wells", "1.0.0", None)
    assert {"action", "path", "bytes", "sha256"} <= told["writes"][0].keys()
    assert sorted(path.name for path in desk.root.iterdir()) == ["datapackages", "plan.json"]


def test_a_plan_is_applied_as_it_was_saved(desk: Any) -> None:
    source = desk.dataset()
    for rows in ("Loc,Nr\nA,1\n", "Loc,Nr\nA,1\nB,2\n", "Loc,Nr\nA,3\nB,2\n"):
        source.write_text(rows, "utf-8")
        (told,) = _saved(desk)["datasets"]
        before = desk.tree("public")
        ran = desk.run("apply", "plan.json", "--yes")
        assert ran.code == 0, ran.said
        assert f"wells: published {told['version']}" in ran.out
        assert desk.shown() == told["version"]
        after = desk.tree("public")
        planned = {write["path"] for write in told["writes"]}
        kept = {f"public/{p.replace('wells/versions/', '.versions/wells/')}" for p in planned if "/versions/" in p}
        new = {path for path in after.keys() - before.keys() if path.startswith("public/.versions/")}
        assert {path for path in new if after[path][0] != "folder"} - {
            f"public/.versions/wells/{desk.shown()}.json"
        } == {path for path in kept if after[path][0] != "folder"}
        for write in told["writes"]:
            if write["path"].startswith("wells/versions/") and write["action"] == "create":
                name = write["path"].replace("wells/versions/", "public/.versions/wells/")
                assert after[name][0] == write["sha256"]
    assert "nothing changed" in desk.publish().out


def test_the_ledger_and_later_runs_know_an_applied_plan_like_any_publication(desk: Any) -> None:
    desk.dataset()
    _saved(desk)
    desk.run("apply", "plan.json", "--yes")
    kinds = [event["kind"] for event in desk.run("history", "wells", "--json").json]
    assert kinds == ["judged-passed", "version", "published"]
    before = desk.tree()
    assert desk.publish().out.startswith("wells: nothing changed, 1.0.0 stands")
    assert desk.run("verify").code == 0
    assert desk.tree("public") == {name: seen for name, seen in before.items() if name.startswith("public")}


def _two_versions_and_a_third_to_come(desk: Any) -> None:
    source = desk.dataset()
    desk.publish()
    source.write_text("Loc,Nr\nValea Albă,3\nDealul Rece,5\nLunca,1\n", "utf-8")
    desk.publish()
    source.write_text("Loc,Nr\nValea Albă,3\nDealul Rece,5\nLunca,7\n", "utf-8")


def _copies(desk: Any) -> None:
    """A dataset that is made from the wells."""
    desk.dataset("copies", title="Copied wells", publica=COPY)
    desk.edit("copies", "from: Loc", "from: place")
    desk.edit("copies", "from: Nr", "from: count")


def _source(desk: Any) -> None:
    (desk.datapackages / "wells" / "source" / "rows.csv").write_text("Loc,Nr\nA,2\n", "utf-8")


def _broken_source(desk: Any) -> None:
    (desk.datapackages / "wells" / "source" / "rows.csv").write_text("Loc,Nr\nA,x\n", "utf-8")


def _declaration(desk: Any) -> None:
    desk.edit("wells", "keywords: [invented]", "keywords: [invented, other]")


def _organization(desk: Any) -> None:
    file = desk.datapackages / "_shared" / "organizations.yaml"
    text = file.read_text("utf-8")
    start = text.index("\n  title:", text.index("\nage:") if "\nage:" in text else 0)
    file.write_text(text[:start] + "\n  phone: '+373 22 000 000'" + text[start:], "utf-8")


def _archive(desk: Any) -> None:
    """Another version is made and its source is put back: the next number is another one."""
    source = desk.datapackages / "wells" / "source" / "rows.csv"
    rows = source.read_bytes()
    _source(desk)
    assert desk.run("build").code == 0
    source.write_bytes(rows)


def _held(desk: Any) -> None:
    assert desk.run("withdraw", "wells", "--reason", "x", "--yes").code == 0


def _rolled_back(desk: Any) -> None:
    assert desk.run("rollback", "wells", "1.0.0", "--reason", "x", "--yes").code == 0
    assert desk.run("release", "wells").code == 0


def _by_hand(desk: Any) -> None:
    (desk.public / "wells" / "index.html").write_text("mine", "utf-8")


MOVES: dict[str, tuple[Callable[[Any], None], str]] = {
    "source": (_source, "plan-moved-source"),
    "a source that no longer passes": (_broken_source, "plan-moved-source"),
    "declaration": (_declaration, "plan-moved-declaration"),
    "organization": (_organization, "plan-moved-declaration"),
    "archive": (_archive, "plan-moved-version"),
    "hold": (_held, "plan-moved-held"),
    "portal": (_rolled_back, "plan-moved-portal"),
    "hand": (_by_hand, "portal-edited"),
}


@pytest.mark.parametrize("what", MOVES)
def test_what_moved_since_the_plan_is_told_nothing_of_it_is_written_and_others_go_on(desk: Any, what: str) -> None:
    move, code = MOVES[what]
    other = desk.dataset("mills")
    _two_versions_and_a_third_to_come(desk)
    other.write_text("Loc,Nr\nValea Albă,3\n", "utf-8")
    _saved(desk)
    move(desk)
    before = {name: seen for name, seen in desk.tree().items() if "wells" in name}
    ran = desk.run("apply", "plan.json", "--yes", "--json")
    assert ran.code == 1
    expected: dict[str, list[str]] = {"mills": [], "wells": [code]}
    if what == "organization":  # both are of the same
        expected["mills"] = [code]
    assert _codes(ran) == expected
    assert {name: seen for name, seen in desk.tree().items() if "wells" in name} == before
    assert desk.shown("mills") == ("1.0.0" if what == "organization" else "1.1.0")


@pytest.mark.parametrize(
    ("move", "code"),
    [
        (_source, "plan-moved-source"),
        (_held, "plan-moved-held"),
        (_rolled_back, "plan-moved-portal"),
        (_by_hand, "portal-edited"),
        (_archive, "plan-moved-version"),
    ],
)
def test_what_moves_while_the_person_thinks_is_found_under_the_lock(
    desk: Any, move: Callable[[Any], None], code: str
) -> None:
    _two_versions_and_a_third_to_come(desk)
    _saved(desk)
    workspace = _workspace(desk)
    file = read_plan(desk.root / "plan.json", workspace.portal_name)
    shown: dict[str, Any] = {}

    def thinks(_question: Question) -> bool:
        move(desk)
        shown.update(desk.tree("public"))
        return True

    with pytest.raises(UserError) as refused:
        apply(workspace, file.plans[0], file.at, thinks)
    assert code in [finding.code for finding in refused.value.findings]
    assert desk.tree("public") == shown


def test_what_is_dated_tells_the_day_it_was_applied_and_not_planned(desk: Any) -> None:
    desk.dataset()
    _saved(desk)
    workspace = _workspace(desk, datetime(2031, 5, 17, 8, 30, tzinfo=UTC))
    file = read_plan(desk.root / "plan.json", workspace.portal_name)
    assert apply(workspace, file.plans[0], file.at, lambda _: True).status == "published"
    assert desk.reading()["modified"] == "2031-05-17T08:30:00+00:00"


def test_a_person_says_yes_to_a_plan_like_to_a_publication(desk: Any) -> None:
    desk.dataset()
    _saved(desk)
    ran = desk.run("apply", "plan.json")
    assert ran.code == 1
    assert "About to publish: Invented wells 1.0.0" in ran.err
    assert "first publication" in ran.err
    assert "wells: 1.0.0 waits for a person's yes" in ran.out
    assert desk.tree("archive") == {}
    assert not (desk.public / "wells").exists()


def test_a_plan_that_was_carried_out_has_nothing_left_to_do(desk: Any) -> None:
    desk.dataset()
    _saved(desk)
    assert desk.run("apply", "plan.json", "--yes").code == 0
    before = desk.tree("public")
    ran = desk.run("apply", "plan.json")
    assert (ran.code, ran.out.splitlines()[0]) == (0, "wells: nothing changed, 1.0.0 stands")
    assert desk.tree("public") == before


def test_a_version_that_was_built_meanwhile_from_the_same_is_the_one_that_was_planned(desk: Any) -> None:
    desk.dataset()
    _saved(desk)
    assert desk.run("build").code == 0
    assert "published 1.0.0" in desk.run("apply", "plan.json", "--yes").out


def test_datasets_are_planned_upon_what_those_that_they_read_would_become(desk: Any) -> None:
    source = desk.dataset()
    _copies(desk)
    desk.publish()
    source.write_text("Loc,Nr\nValea Albă,3\nDealul Rece,5\nLunca,1\n", "utf-8")
    told = {plan["dataset"]: plan for plan in _saved(desk)["datasets"]}
    assert told["copies"]["inputs"]["reads"] == {"wells": "1.1.0"}
    assert told["copies"]["version"] == "1.1.0"
    ran = desk.run("apply", "plan.json", "--yes")
    assert ran.code == 0, ran.said
    assert "Lunca,1" in desk.rows("copies")


def test_a_dataset_is_not_published_from_another_version_than_it_was_planned_with(desk: Any) -> None:
    source = desk.dataset()
    _copies(desk)
    desk.publish()
    source.write_text("Loc,Nr\nValea Albă,3\nDealul Rece,5\nLunca,1\n", "utf-8")
    _saved(desk)
    _source(desk)
    ran = desk.run("apply", "plan.json", "--yes", "--json")
    assert ran.code == 1
    assert _codes(ran)["wells"] == ["plan-moved-source"]
    assert set(_codes(ran)["copies"]) & {"plan-moved-source", "plan-moved-read"}
    assert desk.shown("copies") == "1.0.0"


def test_a_plan_for_what_is_held_does_nothing_while_it_is_held_and_is_refused_after(desk: Any) -> None:
    desk.dataset()
    desk.publish()
    _held(desk)
    assert _saved(desk)["datasets"][0]["inputs"] is None
    ran = desk.run("apply", "plan.json", "--yes", "--json")
    assert (ran.code, ran.json[0]["status"]) == (0, "held")
    desk.run("release", "wells")
    ran = desk.run("apply", "plan.json", "--yes", "--json")
    assert (ran.code, _codes(ran)) == (1, {"wells": ["plan-moved-released"]})


def test_g11_a_broken_dataset_is_left_out_of_the_plan_and_of_nothing_else(desk: Any) -> None:
    desk.dataset()
    desk.dataset("mills", rows="Loc,Nr\nA,x\n")
    ran = desk.run("plan", "--save", "plan.json")
    assert ran.code == 1
    assert "The plan (1 datasets) is in plan.json" in ran.out
    assert desk.run("apply", "plan.json", "--yes").code == 0
    assert desk.shown() == "1.0.0"


def test_a_dataset_whose_folder_is_gone_since_is_named(desk: Any) -> None:
    desk.dataset()
    desk.dataset("mills")
    _saved(desk)
    (desk.datapackages / "wells").rename(desk.root / "away")
    ran = desk.run("apply", "plan.json", "--yes", "--json")
    assert _codes(ran) == {"mills": [], "wells": ["unknown-dataset"]}


# --- the file ---------------------------------------------------------------------------------------------------------


def _spoiled(desk: Any, change: Callable[[dict[str, Any]], object]) -> bytes:
    value = json.loads((desk.root / "plan.json").read_bytes())
    change(value)
    return json.dumps(value).encode()


SPOILED: dict[str, tuple[Callable[[Any], bytes], str]] = {
    "empty": (lambda _: b"", "plan-foreign"),
    "no JSON": (lambda _: b"version: 1", "plan-foreign"),
    "no text": (lambda _: b"\xff\xfe\x00", "plan-foreign"),
    "deep": (lambda _: b"[" * 200_000, "plan-foreign"),
    "a list": (lambda _: b"[]", "plan-foreign"),
    "other JSON": (lambda _: b'{"datasets": []}', "plan-foreign"),
    "half": (lambda desk: (desk.root / "plan.json").read_bytes()[:500], "plan-foreign"),
    "an older format": (lambda desk: _spoiled(desk, lambda v: v.update(publica_plan=0)), "plan-format"),
    "a format of no kind": (lambda desk: _spoiled(desk, lambda v: v.update(publica_plan=[None])), "plan-format"),
    "a hash less": (lambda desk: _spoiled(desk, lambda v: v.pop("digest")), "plan-damaged"),
    "a write less": (lambda desk: _spoiled(desk, lambda v: v["datasets"][0]["writes"].pop()), "plan-damaged"),
    "a number more": (lambda desk: _spoiled(desk, lambda v: v.update(made=float("nan"))), "plan-damaged"),
    "half a letter": (lambda desk: _spoiled(desk, lambda v: v.update(made="\ud800")), "plan-damaged"),
}


@pytest.mark.parametrize("what", SPOILED)
def test_a_file_that_is_no_plan_any_more_is_named_and_nothing_is_done(desk: Any, what: str) -> None:
    desk.dataset()
    _saved(desk)
    spoil, code = SPOILED[what]
    (desk.root / "plan.json").write_bytes(spoil(desk))
    ran = desk.run("apply", "plan.json", "--yes", "--json")
    assert ran.code == 1, ran.said
    assert [finding["code"] for finding in ran.json[0]["findings"]] == [code]
    assert "plan.json" in ran.json[0]["findings"][0]["text"]["ru"]
    assert desk.tree() == {}


def test_a_plan_is_for_one_portal(desk: Any) -> None:
    desk.dataset()
    _saved(desk)
    ran = desk.run("apply", "plan.json", "--yes", "--to", "folder:elsewhere")
    assert ran.code == 1
    assert "made for the portal folder:../public and not for folder:../elsewhere" in ran.err
    assert desk.tree("elsewhere", "public", "archive") == {}


def test_a_plan_with_new_lines_and_blanks_is_the_same_plan(desk: Any) -> None:
    desk.dataset()
    value = _saved(desk)
    (desk.root / "plan.json").write_text(json.dumps(value, sort_keys=True), "utf-8")
    assert desk.run("apply", "plan.json", "--yes").code == 0


def test_a_plan_that_cannot_be_saved_is_told(desk: Any) -> None:
    desk.dataset()
    (desk.root / "file").write_text("", "utf-8")
    for words in (["plan"], ["plan", "--json"]):
        ran = desk.run(*words, "--save", str(Path("file", "plan.json")))
        assert ran.code == 1
        assert "was not saved" in ran.said
    assert [answer["dataset"] for answer in ran.json] == ["wells", ""]


def test_a_yes_to_a_plan_is_kept_with_the_warnings_it_was_said_to(desk: Any) -> None:
    """A schedule then goes on by itself."""
    source = desk.dataset()
    _saved(desk)
    desk.run("apply", "plan.json", "--yes")
    source.write_text("Loc,Nr\nValea Albă,4\nDealul Rece,5\n", "utf-8")
    outcome = publish(_workspace(desk), "wells", lambda question: question.routine)
    assert outcome.status == "published"
