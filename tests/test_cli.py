"""What people type: verbs, help, exit codes, places, JSON, and the title that is a yes."""

from __future__ import annotations

import os
import pty
import re
import select
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipelines.cli import publica

README = (Path(__file__).resolve().parents[1] / "README.md").read_text("utf-8")
VERBS = [
    "new", "adopt", "check", "build", "diff", "plan", "apply", "publish", "status", "history", "verify", "doctor",
    "rollback", "withdraw", "release", "erase",
]  # fmt: skip
WITH_REASON = {"rollback": ["1.0.0"], "withdraw": [], "erase": []}


def test_the_verbs_are_those_of_a_datasets_life_in_their_order() -> None:
    assert list(publica.commands) == VERBS


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_is_in_the_readme_and_its_help_shows_a_whole_example(desk: Any, verb: str) -> None:
    assert f"publica {verb}" in README
    ran = desk.run(verb, "--help")
    assert ran.code == 0
    example = ran.out.split("Example:\n")[1].splitlines()[0].strip()
    assert example.startswith(f"publica {verb}")
    for option in ("--json", "--datapackages DIR", "--archive DIR", "--to PORTAL", "-h, --help"):
        assert option in ran.out
    assert example.split()[2:3] != [] or verb in ("check", "status")


def test_the_whole_help_shows_every_verb_and_an_example(desk: Any) -> None:
    ran = desk.run("--help")
    assert ran.code == 0
    assert all(re.search(rf"^  {verb} ", ran.out, re.MULTILINE) for verb in VERBS)
    assert "publica publish paralegals" in ran.out
    bare = desk.run()
    assert bare.code == 1
    assert "Commands:" in bare.said


def test_an_example_of_the_help_works_as_it_stands(desk: Any) -> None:
    desk.dataset("paralegals")
    desk.publish()
    for verb in ("check", "plan", "history", "verify", "rollback", "release"):
        example = desk.run(verb, "--help").out.split("Example:\n")[1].splitlines()[0].strip()
        words = shlex.split(example)[1:]
        ran = desk.run(*words, *(["--yes"] if verb in WITH_REASON else []))
        assert ran.code == 0, (example, ran.said)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["chekc"], "did you mean 'check'?"),
        (["publish", "well"], "did you mean 'wells'?"),
        (["history", "wels"], "did you mean 'wells'?"),
        (["withdraw", "wels", "--reason", "x", "--yes"], "did you mean 'wells'?"),
        (["rollback", "wells", "1.0.1", "--reason", "x", "--yes"], "did you mean 1.0.0?"),
        (["publish", "--to", "floder:x"], "folder"),
        (["status", "--to", "floder:x"], "folder"),
        (["publish", "--to", "folder:"], "folder"),
        (["publish", "--no-such-option"], "--no-such-option"),
        (["withdraw", "wells"], "--reason"),
        (["rollback", "wells", "--reason", "x"], "VERSION"),
        (["erase"], "DATASET"),
        (["release", "wells"], "not held"),
        (["check", "--datapackages", "nowhere"], "nowhere"),
        (["new", "nowhere.csv", "--name", "x"], "nowhere.csv"),
        (["apply", "nowhere.json"], "nowhere.json"),
        (["apply"], "FILE"),
        (["plan", "--save", "datapackages"], "datapackages"),
        (["verify", "wels"], "did you mean 'wells'?"),
        (["doctor", "wells"], "wells"),
    ],
)
def test_what_a_person_types_wrong_is_told_with_the_nearest_and_exits_1(desk: Any, words: list[str], told: str) -> None:
    desk.dataset()
    desk.publish()
    before = desk.tree()
    ran = desk.run(*words)
    assert ran.code == 1
    assert told in ran.err
    assert "Traceback" not in ran.err
    assert desk.tree() == before


def test_a_bug_of_ours_exits_2_and_prints_its_trace(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipelines.commands import undo

    def broken(*_: Any) -> None:
        raise ZeroDivisionError("invented")

    desk.dataset()
    monkeypatch.setattr(undo, "release", broken)
    ran = desk.run("release", "wells")
    assert ran.code == 2
    assert "ZeroDivisionError: invented" in ran.err
    assert "a bug of publica" in ran.err


def test_the_true_command_has_these_exit_codes_and_keeps_its_streams_apart(desk: Any) -> None:
    desk.dataset()
    done = desk.process("publish", "--yes", "--json")
    assert (done.code, done.json[0]["status"]) == (0, "published")
    assert desk.process("publish", "nosuch").code == 1


def test_places_stand_before_the_verb_after_it_or_in_the_environment(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.dataset()
    desk.datapackages.rename(desk.root / "d")
    assert desk.run("--datapackages", "d", "--archive", "a", "--to", "folder:p", "publish", "--yes").code == 0
    assert (
        "nothing changed"
        in desk.run("publish", "--yes", "--datapackages", "d", "--archive", "a", "--to", "folder:p").out
    )
    for name, value in {"DATAPACKAGES": "d", "ARCHIVE": "a", "PORTAL": "folder:p"}.items():
        monkeypatch.setenv(f"PUBLICA_{name}", value)
    assert "nothing changed" in desk.run("publish", "--yes").out
    assert "published 1.0.0" in desk.run("publish", "--yes", "--to", "folder:q").out
    assert sorted(p.name for p in desk.root.iterdir()) == ["a", "d", "p", "q"]


def test_every_verb_answers_in_json_that_parses(desk: Any) -> None:
    source = desk.dataset()
    (desk.root / "mills.csv").write_text("Loc,Nr\nA,1\n", "utf-8")
    for verb in ("check", "diff", "plan", "build", "publish", "status", "verify"):
        ran = desk.run(verb, "--json", *(["--yes"] if verb == "publish" else []))
        assert ran.code == 0, ran.said
        assert [answer["dataset"] for answer in ran.json] == ["wells"]
    source.write_text("Loc,Nr\nA,1\n", "utf-8")
    assert desk.run("plan", "--save", "plan.json", "--json").json[0]["status"] == "planned"
    assert desk.run("apply", "plan.json", "--json").json[0]["status"] == "waits"
    assert desk.run("doctor", "--json").json["findings"] == []
    assert desk.run("diff", "--json").json[0]["changes"][0]["change"] in ("added", "removed")
    for verb, rest in WITH_REASON.items():
        ran = desk.run(verb, "wells", *rest, "--reason", "x", "--yes", "--json")
        assert (ran.code, ran.json[0]["dataset"]) == (0, "wells"), ran.said
    assert desk.run("release", "wells", "--json").json[0]["status"] == "released"
    assert desk.run("new", "mills.csv", "--name", "mills", "--json").json["fields"] == 2
    mistaken = desk.run("check", "nosuch", "--json")
    assert (mistaken.code, mistaken.json[0]["findings"][0]["code"]) == (1, "unknown-dataset")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["withdraw", "wells", "--json"], "--reason"),
        (["--json", "withdraw", "wells"], "--reason"),
        (["chekc", "--json"], "did you mean 'check'?"),
        (["--json"], "command"),
        (["publish", "--no-such-option", "--json"], "--no-such-option"),
        (["--no-such-option", "--json", "publish"], "--no-such-option"),
        (["new", "nowhere.csv", "--name", "x", "--json"], "nowhere.csv"),
        (["history", "w\udcff", "--json"], "no dataset 'w?'"),
        (["history", "wels", "--json"], "did you mean 'wells'?"),
        (["check", "--json", "--datapackages", "nowhere"], "nowhere"),
        (["withdraw", "wells", "--reason", "x", "--json"], "--yes"),
        (["rollback", "wells", "1.0.0", "--reason", "x", "--json"], "--yes"),
        (["erase", "wells", "--reason", "x", "--json"], "--yes"),
    ],
)
def test_a_mistake_and_a_no_are_json_too(desk: Any, words: list[str], told: str) -> None:
    desk.dataset()
    desk.publish()
    before = desk.tree()
    ran = desk.run(*words)
    assert ran.code == 1
    (answer,) = ran.json
    assert answer["status"] == "failed"
    (finding,) = answer["findings"]
    assert sorted(finding["text"]) == ["en", "ro", "ru"]
    assert told in finding["text"]["en"]
    assert desk.tree() == before


def test_a_bug_of_ours_is_json_too(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipelines.commands import undo

    def broken(*_: Any) -> None:
        raise ZeroDivisionError("invented")

    desk.dataset()
    monkeypatch.setattr(undo, "release", broken)
    ran = desk.run("release", "wells", "--json")
    assert (ran.code, ran.json[0]["status"]) == (2, "bug")
    assert "ZeroDivisionError: invented" in ran.err


def test_an_interruption_is_json_too_and_no_bug(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipelines.commands import plan

    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    desk.dataset()
    monkeypatch.setattr(plan, "judge_only", interrupted)
    ran = desk.run("check", "--json")
    assert (ran.code, ran.json[0]["findings"][0]["code"]) == (1, "stopped")
    assert "Traceback" not in ran.err


def test_json_may_stand_before_the_verb(desk: Any) -> None:
    desk.dataset()
    assert desk.run("--json", "check").json == desk.run("check", "--json").json
    assert desk.run("--json", "status").json[0]["status"] == "never"


@pytest.mark.parametrize("reason", ["", "  ", "\t\n", "\u00a0"])
def test_a_reason_that_says_nothing_is_refused(desk: Any, reason: str) -> None:
    desk.dataset()
    desk.publish()
    before = desk.tree()
    ran = desk.run("withdraw", "wells", "--reason", reason, "--yes")
    assert ran.code == 1
    assert "'--reason'" in ran.err
    assert "say why" in ran.err
    assert desk.tree() == before


def test_the_blanks_around_a_reason_are_not_kept(desk: Any) -> None:
    desk.dataset()
    desk.publish()
    assert desk.run("withdraw", "wells", "--reason", "  a new count \n", "--yes").code == 0
    assert desk.run("history", "wells", "--json").json[-1]["reason"] == "a new count"


@pytest.mark.parametrize(("language", "page"), [("en", "index.html"), ("ro", "index.ro.html"), ("ru", "index.ru.html")])
def test_the_page_to_look_at_is_that_of_the_persons_language(
    desk: Any, monkeypatch: pytest.MonkeyPatch, language: str, page: str
) -> None:
    monkeypatch.setenv("PUBLICA_LANGUAGE", language)
    desk.dataset()
    told = desk.publish().out.splitlines()[-1]
    assert told.endswith(str(Path("public", page)))
    assert (desk.public / page).is_file()


def test_no_page_is_named_that_is_not_there(desk: Any) -> None:
    desk.dataset()
    desk.public.write_text("no folder")
    ran = desk.run("publish", "--yes")
    assert ran.code == 1
    assert "Look here" not in ran.said


def test_history_tells_all_that_happened(desk: Any) -> None:
    desk.dataset()
    desk.publish()
    desk.run("withdraw", "wells", "--reason", "a new count", "--yes")
    kinds = [event["kind"] for event in desk.run("history", "wells", "--json").json]
    assert kinds == ["judged-passed", "version", "published", "held", "withdrawn"]
    assert desk.run("history", "wells").out.splitlines()[-1].endswith(": a new count")


@pytest.mark.parametrize(("language", "told"), [("ro", "publicat 1.0.0"), ("ru", "опубликовано 1.0.0")])
def test_answers_are_in_the_language_asked_for(
    desk: Any, monkeypatch: pytest.MonkeyPatch, language: str, told: str
) -> None:
    monkeypatch.setenv("PUBLICA_LANGUAGE", language)
    desk.dataset()
    assert told in desk.publish().out


def test_without_a_terminal_and_without_yes_nothing_is_published(desk: Any) -> None:
    desk.dataset()
    ran = desk.run("publish")
    assert ran.code == 1
    assert "add --yes" in ran.err
    assert "1.0.0 waits for a person's yes" in ran.out
    assert not (desk.public / "wells").exists()


def _typed(desk: Any, words: list[str], answer: str) -> tuple[int, str]:
    """Run the true command at a terminal, and type `answer` when it asks for the title."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [Path(sys.executable).parent / "publica", *words], cwd=desk.root, stdin=slave, stdout=slave, stderr=slave
    )
    os.close(slave)
    told = b""
    while select.select([master], [], [], 60)[0]:
        try:
            piece = os.read(master, 4096)
        except OSError:  # the other end is closed
            break
        told += piece
        if b"to say yes:" in told and answer:
            os.write(master, f"{answer}\n".encode())
            answer = ""
    code = process.wait(60)
    os.close(master)
    return code, told.decode()


def test_publishing_asks_for_the_title_and_only_the_title_is_a_yes(desk: Any) -> None:
    desk.dataset(title="Wells of Soroca")
    code, told = _typed(desk, ["publish"], "yes")
    assert code == 1, told
    assert "About to publish: Wells of Soroca 1.0.0" in told
    assert "first publication" in told
    assert not (desk.public / "wells").exists()
    code, told = _typed(desk, ["publish"], " Wells of  Soroca ")
    assert code == 0, told
    assert desk.shown() == "1.0.0"
    code, told = _typed(desk, ["withdraw", "wells", "--reason", "x"], "Wells")
    assert code == 1, told
    assert desk.shown() == "1.0.0"


def test_output_that_nobody_reads_to_its_end_is_no_bug(desk: Any) -> None:
    for number in range(3):
        desk.dataset(f"wells-{number}")
    process = desk.started("status")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    err = process.stderr.read()
    assert process.wait(60) in (0, 1)
    assert "Traceback" not in err
    assert "BrokenPipe" not in err


def test_a_dataset_whose_folder_is_gone_or_broken_can_still_be_taken_back(desk: Any) -> None:
    desk.dataset("wells", title="Old wells")
    desk.dataset("mills")
    desk.publish()
    (desk.datapackages / "wells" / "datapackage.yaml").write_text("- broken", "utf-8")
    assert desk.run("withdraw", "wells", "--reason", "x", "--yes").code == 0
    (desk.datapackages / "wells").rename(desk.root / "away")
    assert desk.run("history", "wells").code == 0
    assert desk.run("erase", "wells", "--reason", "x", "--yes").code == 0
    assert desk.archive.numbers("wells") == []
