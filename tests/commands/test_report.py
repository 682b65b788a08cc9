"""`publica check PATH --report frictionless`: the report as frictionless prints it, and findings for what has none."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from frictionless import validate

from pipelines.languages import LANGUAGES, say

FIELDS = [{"name": "id", "type": "integer"}, {"name": "name", "type": "string", "constraints": {"required": True}}]
GOOD, BAD = "id,name\n1,a\n2,b\n", "id,name\n1,a\nx,\n\n"


@pytest.fixture
def package(desk: Any) -> Any:
    """A function that puts a package on the desk and gives its path."""

    def make(text: str = GOOD, name: str = "package", **said: Any) -> Path:
        folder = desk.root / name
        folder.mkdir(exist_ok=True)
        (folder / "t.csv").write_text(text, "utf-8")
        resource = {"name": "t", "type": "table", "path": "t.csv", "schema": {"fields": FIELDS}, **said}
        path = folder / "datapackage.json"
        path.write_text(json.dumps({"name": "p", "resources": [resource]}), "utf-8")
        return path

    return make


def _timeless(report: Any) -> Any:
    for part in (report, *report["tasks"]):
        del part["stats"]["seconds"]
    return report


def _report(desk: Any, path: object, *options: str) -> tuple[int, Any]:
    ran = desk.run("check", str(path), "--report", "frictionless", *options)
    return ran.code, _timeless(json.loads(ran.out))


def test_the_report_is_that_of_frictionless_and_the_exit_code_too(desk: Any, package: Any) -> None:
    for text, code in ((GOOD, 0), (BAD, 1)):
        path = package(text)
        assert _report(desk, path) == (code, _timeless(validate(str(path)).to_descriptor()))


def test_a_large_table_is_reported_on_no_otherwise(desk: Any, package: Any) -> None:
    rows = [f"{number},name {number}" for number in range(40_000)]
    rows[20_000], rows[30_000], rows[39_999] = "x,y", "7,", "1,2,3"
    path = package("id,name\n" + "\n".join(rows))
    code, report = _report(desk, path)
    assert code == 1
    assert report == _timeless(validate(str(path)).to_descriptor())
    assert [error["rowNumber"] for error in report["tasks"][0]["errors"]] == [20_002, 30_002, 40_001]


@pytest.mark.parametrize(
    ("typed", "options"),
    [
        (["--limit-errors", "1"], {"limit_errors": 1}),
        (["--limit-rows", "2"], {"limit_rows": 2}),
        (["--pick-errors", "type-error,blank-row"], {"pick_errors": ["type-error", "blank-row"]}),
        (["--skip-errors", "#cell"], {"skip_errors": ["#cell"]}),
    ],
)
def test_the_options_are_those_of_frictionless(desk: Any, package: Any, typed: list[str], options: Any) -> None:
    path = package(BAD)
    expected = validate(str(path), **options)
    assert _report(desk, path, *typed) == (int(not expected.valid), _timeless(expected.to_descriptor()))


def test_any_file_that_frictionless_judges_is_judged(desk: Any, package: Any) -> None:
    path = package(BAD).with_name("t.csv")
    assert _report(desk, path) == (1, _timeless(validate(str(path)).to_descriptor()))
    resource = path.with_name("resource.yaml")
    resource.write_text("name: t\npath: t.csv\n", "utf-8")
    assert _report(desk, resource)[1] == _timeless(validate(str(resource)).to_descriptor())


# --- a list -----------------------------------------------------------------------------------------------------------


def test_each_line_of_a_list_is_answered_by_a_line_whatever_is_wrong_with_others(desk: Any, package: Any) -> None:
    path = package(BAD)
    asked = [
        json.dumps({"descriptor": str(path)}),
        json.dumps({"descriptor": str(path), "options": {"limit_errors": 1, "skip_errors": ["blank-row"]}}),
        "no JSON",
        "[]",
        json.dumps({"descriptor": "gone.json"}),
        json.dumps({"descriptor": 5}),
        json.dumps({"descriptor": str(path), "options": {"limit": 1, "limit-rows": "two", "pick_errors": ["x", 3]}}),
        json.dumps({"descriptor": str(path), "options": {"pick_errors": ["typ-error"]}}),
        "",
        json.dumps({"descriptor": str(package(GOOD, "other")), "options": {"limit_rows": None}}),
    ]  # fmt: skip
    (desk.root / "list.jsonl").write_text("\n".join(asked), "utf-8")
    ran = desk.run("check", "--report", "frictionless", "--list", "list.jsonl")
    answers = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.code == 1
    assert len(answers) == 9
    assert _timeless(answers[0]) == _timeless(validate(str(path)).to_descriptor())
    assert _timeless(answers[1]) == _timeless(
        validate(str(path), limit_errors=1, skip_errors=["blank-row"]).to_descriptor()
    )
    codes = [[finding["code"] for finding in answer.get("findings", [])] for answer in answers]
    assert codes[2:8] == [
        ["report-line"], ["report-line-form"], [], ["report-line-form"],
        ["report-option", "report-count", "report-names"], ["report-error-name"],
    ]  # fmt: skip
    assert not answers[4]["valid"]
    assert answers[8]["valid"]
    for told in ("line 3", "line 4", "gone.json", "did you mean 'type-error'?", "whole number from 0"):
        assert told in ran.err


def test_a_list_that_is_all_good_is_a_success(desk: Any, package: Any) -> None:
    (desk.root / "list.jsonl").write_text(json.dumps({"descriptor": str(package())}) + "\n", "utf-8")
    assert desk.run("check", "--report", "frictionless", "--list", "list.jsonl").code == 0


# --- what has no report -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("gone/datapackage.json", None, "report-missing"),
        ("gone.csv", None, "report-missing"),
        ("datapackage.json", "{", "report-unreadable"),
        ("datapackage.json", "[" * 100_000, "report-unreadable"),
        ("datapackage.yaml", "a: [", "report-unreadable"),
        ("datapackage.json", "[]", "report-no-package"),
        ("some.json", '{"title": "no data"}', "report-no-package"),
        ("package.zip", "PK", "report-zip"),
    ],
)
def test_what_is_no_package_is_told_in_words(desk: Any, name: str, content: str | None, code: str) -> None:
    if content is not None:
        (desk.root / name).write_text(content, "utf-8")
    ran = desk.run("check", name, "--report", "frictionless")
    assert ran.code == 1
    assert say(code, "en", {"path": name, "text": ""}).split("(")[0] in ran.err
    assert ran.out == "" or "tasks" in json.loads(ran.out)
    assert {language for language in LANGUAGES if name in say(code, language, {"path": name, "text": ""})} == set(
        LANGUAGES
    )


@pytest.mark.parametrize(
    "typed",
    [
        ["--list", "list.jsonl"],
        ["--limit-errors", "1"],
        ["--report", "frictionless"],
        ["a.json", "b.json", "--report", "frictionless"],
        ["a.json", "--list", "list.jsonl", "--report", "frictionless"],
        ["a.json", "--report", "frictionless", "--pick-errors", "typ-error"],
        ["a.json", "--report", "frictionless", "--limit-rows", "-1"],
        ["--report", "frictionless", "--list", "gone.jsonl"],
    ],
)
def test_what_is_typed_wrong_is_told_and_nothing_is_judged(desk: Any, typed: list[str]) -> None:
    (desk.root / "list.jsonl").write_text("{}\n", "utf-8")
    ran = desk.run("check", *typed)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err


def test_what_frictionless_itself_fails_on_is_told_and_stops_no_other(desk: Any, package: Any) -> None:
    fields = [{"name": "id", "type": "array", "constraints": {"unique": True}}, FIELDS[1]]
    path = package('id,name\n"[1]",a\n', schema={"fields": fields})
    asked = [json.dumps({"descriptor": str(path)}), json.dumps({"descriptor": str(package(GOOD, "other"))})]
    (desk.root / "list.jsonl").write_text("\n".join(asked), "utf-8")
    ran = desk.run("check", "--report", "frictionless", "--list", "list.jsonl")
    first, second = (json.loads(line) for line in ran.out.splitlines())
    assert [finding["code"] for finding in first["findings"]] == ["report-failed"]
    assert second["valid"]


# --- strangers' paths -------------------------------------------------------------------------------------------------


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    """An address, and who asked there."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


# The only difference from frictionless, which would fetch these and follow the link. The standard on it: Data Package,
# "URL or Path", "absolute paths and relative parent paths MUST NOT be used" so that no descriptor reaches what is not
# its own; and its warning there of fetching whatever a stranger's descriptor names.
@pytest.mark.parametrize("name", ["path", "schema", "dialect", "profile"])
def test_nothing_is_fetched_because_a_descriptor_says_so(
    desk: Any, package: Any, listener: tuple[str, list[str]], name: str
) -> None:
    address, asked = listener
    ran = desk.run("check", str(package(**{name: f"{address}/x.csv"})), "--report", "frictionless")
    assert (ran.code, ran.out, asked) == (1, "", [])
    assert address in ran.err


def test_a_profile_beside_the_descriptor_makes_nothing_fetched(
    desk: Any, package: Any, listener: tuple[str, list[str]]
) -> None:
    address, asked = listener
    path = package(profile="profile.json")
    path.with_name("profile.json").write_text(json.dumps({"allOf": [{"$ref": f"{address}/x.json"}]}), "utf-8")
    ran = desk.run("check", str(path), "--report", "frictionless")
    assert (ran.code, ran.out, asked) == (1, "", [])


def test_a_link_out_of_the_folder_is_not_followed(desk: Any, package: Any) -> None:
    secret = desk.root / "secret.csv"
    secret.write_text("id,name\nhidden,\n", "utf-8")
    path = package(path="link.csv")
    path.with_name("link.csv").symlink_to(secret)
    ran = desk.run("check", str(path), "--report", "frictionless")
    assert (ran.code, ran.out) == (1, "")
    assert "link.csv" in ran.err
    assert "hidden" not in ran.said


@pytest.mark.parametrize("stray", ["/etc/passwd", "../t.csv", "~/t.csv", "$HOME/t.csv", "%HOME%/t.csv"])
def test_what_frictionless_refuses_to_open_is_refused_in_its_report(desk: Any, package: Any, stray: str) -> None:
    path = package(path=stray)
    code, report = _report(desk, path)
    assert code == 1
    assert report == _timeless(validate(str(path)).to_descriptor())
    assert "is not safe" in report["errors"][0]["note"]
