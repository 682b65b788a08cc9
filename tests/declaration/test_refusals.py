"""Every way to get a declaration wrong is a finding with file and line, and stops nobody else (G11)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines.declaration.load import Catalogue, load_all
from pipelines.findings import Finding
from pipelines.languages import LANGUAGES

Changed = Callable[..., str]
Faults = Callable[[str | bytes], list[Finding]]
Add = Callable[..., Path]
Load = Callable[[], Catalogue]


@dataclass(frozen=True)
class Broken:
    """One change to the good declaration; the finding it gives, and a piece of the line it must name."""

    old: str
    new: str
    code: str
    line: str
    says: str = ""


def _path(path: str, code: str = "path-not-allowed") -> Broken:
    return Broken("path: source/observations.csv", f"path: {path}", code, f"path: {path}")


BROKEN = {
    # unknown keys, at every level, with the nearest word
    "key of the package": Broken("keywords:", "keyword:", "unknown-key", "keyword:", "'keywords'"),
    "key of publica": Broken("cadence:", "cadense:", "unknown-key", "cadense:", "'cadence'"),
    "key of a translation": Broken("ro: {title: P", "ro: {titel: P", "unknown-key", "titel", "'title'"),
    "key of a licence": Broken("{name: CC", "{nam: CC", "unknown-key", "nam:", "'name'"),
    "key of a source": Broken("sources: [{title:", "sources: [{titel:", "unknown-key", "titel", "'title'"),
    "key of a resource": Broken("    encoding:", "    encodng:", "unknown-key", "encodng", "'encoding'"),
    "key of a dialect": Broken("{delimiter:", "{delimeter:", "unknown-key", "delimeter", "'delimiter'"),
    "key of a resource's publica": Broken("ignore:", "ignor:", "unknown-key", "ignor:", "'ignore'"),
    "key of checks": Broken("rows_lost:", "row_lost:", "unknown-key", "row_lost", "'rows_lost'"),
    "key of bounds": Broken("{rows: {min:", "{rows: {minn:", "unknown-key", "minn", "'min'"),
    "key of a schema": Broken(
        "primaryKey: [period]", "primarykey: [period]", "unknown-key", "primarykey", "'primaryKey'"
    ),
    "key of a field": Broken("from: Perioada", "form: Perioada", "unknown-key", "form:", "'format'"),
    "our own name of a key": Broken("from: Perioada", "source: Perioada", "unknown-key", "source: Per", ""),
    "key of a constraint": Broken("{minimum: 0}", "{minimun: 0}", "unknown-key", "minimun", "'minimum'"),
    "key of a foreign key": Broken(
        "- fields: [district]", "- field: [district]", "unknown-key", "- field:", "'fields'"
    ),
    "key of a reference": Broken("{resource: dis", "{resorce: dis", "unknown-key", "resorce", "'resource'"),
    "key of a source query": Broken(
        "    publica:\n      exp",
        "    publica:\n      source: {sql: SELECT 1, adress: DB}\n      exp",
        "unknown-key",
        "adress",
        "'address'",
    ),
    "key of a source package": Broken(
        "    publica:\n      exp",
        "    publica:\n      source: {package: other, resource: x, resorce: y}\n      exp",
        "unknown-key",
        "resorce",
        "'resource'",
    ),
    "key of the catalogue as a source": Broken(
        "    publica:\n      exp",
        "    publica:\n      source: {catalog: versions}\n      exp",
        "unknown-key",
        "catalog:",
        "'catalogue'",
    ),
    "key of a suite's use": Broken("[size]", "[{suite: size, severty: warn}]", "unknown-key", "severty", "'severity'"),
    # unknown values
    "cadence": Broken("cadence: semester", "cadence: semestrial", "unknown-value", "semestrial", "'semester'"),
    "type of a field": Broken("type: integer", "type: interger", "unknown-value", "interger", "'integer'"),
    "encoding": Broken("encoding: utf-8", "encoding: cp1252", "unknown-value", "cp1252", "'cp1251'"),
    "format in a list": Broken("[csv, json]", "[csv, jsn]", "unknown-value", "jsn", "unknown formats 'jsn'"),
    "history": Broken("history: append", "history: appending", "unknown-value", "appending", "'append'"),
    "profile": Broken("profiles/2.0", "profiles/1.0", "unknown-value", "profiles/1.0"),
    "kind of resource": Broken("- name: districts", "- type: file\n    name: districts", "unknown-value", "type: file"),
    "severity": Broken("[size]", "[{suite: size, severity: stop}]", "unknown-value", "stop"),
    "date format": Broken('"%d.%m.%Y"', '"%d.%m.%Q"', "unknown-value", "%Q"),
    "format of another type": Broken(
        "name: district\n          type: string",
        "name: district\n          type: string\n          format: '%d'",
        "unknown-value",
        "'%d'",
    ),
    # missing keys and wrong kinds of value
    "no title": Broken("title: Community paralegals\n", "", "missing-key", "$schema"),
    "no resources": Broken("resources:\n", "tables:\n", "missing-key", "$schema"),
    "no Romanian description": Broken(", description: Mărimea rețelei.", "", "translation-missing", "ro:"),
    "no Russian title": Broken("ru: {title: Параюристы}", "ru: {}", "translation-missing", "ru:"),
    "text that is a number": Broken("title: Community paralegals", "title: 2020", "text-expected", "2020"),
    "number that is text": Broken("{min: 1}, rows_lost", "{min: one}, rows_lost", "whole-number-expected", "one"),
    "list that is a word": Broken("keywords: [justice]", "keywords: justice", "list-expected", "keywords"),
    "rows that are a number": Broken(
        'dialect: {delimiter: ";"}', "dialect: {headerRows: 2}", "list-expected", "headerRows"
    ),
    "no row": Broken('dialect: {delimiter: ";"}', "dialect: {headerRows: []}", "not-empty-expected", "headerRows"),
    "mapping that is a word": Broken('dialect: {delimiter: ";"}', "dialect: semicolon", "mapping-expected", "dialect"),
    "yes for true": Broken("required: true", "required: yes", "true-or-false-expected", "yes"),
    "empty list": Broken("keywords: [justice]", "keywords: []", "not-empty-expected", "keywords"),
    "upper case in a name": Broken("name: districts", "name: Districts", "value-of-wrong-form", "Districts"),
    "no csv": Broken("[csv, json]", "[json]", "csv-always", "[json]"),
    # references
    "primary key": Broken("primaryKey: [period]", "primaryKey: [perod]", "unknown-value", "perod", "'period'"),
    "foreign key from nowhere": Broken(
        "fields: [district]", "fields: [distrct]", "unknown-value", "distrct", "'district'"
    ),
    "foreign key to nowhere": Broken(
        "resource: districts", "resource: distrcts", "unknown-value", "fields: [district]", "'districts'"
    ),
    "foreign key to no field": Broken(
        "fields: [code]", "fields: [cod]", "unknown-value", "fields: [district]", "'code'"
    ),
    "foreign key of other length": Broken(
        "fields: [code]", "fields: [code, code]", "foreign-key-lengths", "fields: [district]"
    ),
    "suite": Broken("[size]", "[sizes]", "unknown-value", "sizes", "'size'"),
    "organisation": Broken("cnajgs", "cnajg", "unknown-value", "cnajg", "'cnajgs'"),
    "licence": Broken("CC-BY-4.0", "CC-BY-4", "unknown-value", "CC-BY-4", "'CC-BY-4.0'"),
    "theme": Broken("theme: JUST", "theme: JUSTICE", "unknown-value", "JUSTICE"),
    "lookup of no field": Broken("{district: lookups", "{distrct: lookups", "unknown-value", "distrct", "'district'"),
    "verbatim of no field": Broken("ignore: [Note]", "verbatim: [perid]", "unknown-value", "perid", "'period'"),
    "transform": Broken(
        "history: append", "transform: trainee_total", "unknown-value", "trainee_total", "'trainee_totals'"
    ),
    "series of no field": Broken(
        "rows_lost: 0", "cumulative: [{field: paralegal, order: period}]", "unknown-value", "paralegal,", "'paralegals'"
    ),
    "series where no field is": Broken(
        "rows_lost: 0",
        "cumulative: [{field: paralegals, order: period, where: {distrct: x}}]",
        "unknown-value",
        "where:",
        "'district'",
    ),
    "series where a value does not fit": Broken(
        "rows_lost: 0",
        "cumulative: [{field: paralegals, order: period, where: {paralegals: many}}]",
        "constraint-value",
        "where:",
        "'many'",
    ),
    "series where a value cannot be compared": Broken(
        "rows_lost: 0",
        "cumulative: [{field: paralegals, order: period, where: {seen: 2020-01-01}}]",
        "constraint-does-not-fit",
        "where:",
        "'where'",
    ),
    "catalogue of something else": Broken(
        "    publica:\n      exp",
        "    publica:\n      source: {catalogue: datasets}\n      exp",
        "unknown-value",
        "catalogue:",
        "'versions'",
    ),
    "derived from no table": Broken(
        "    publica:\n      checks",
        "    publica:\n      transform: trainee_totals\n      source: {tables: [observation]}\n      checks",
        "unknown-value",
        "tables:",
        "'observations'",
    ),
    "derived without a transform": Broken(
        "    publica:\n      checks",
        "    publica:\n      source: {tables: [observations]}\n      checks",
        "missing-key",
        "source: {tables",
    ),
    "query that writes": Broken(
        "    publica:\n      checks",
        "    publica:\n      source: {sql: DROP TABLE x, address: DB}\n      checks",
        "sql-not-a-question",
        "DROP",
    ),
    # duplicates
    "resource twice": Broken("name: districts", "name: observations", "name-twice", "observations"),
    "field twice": Broken(
        "name: paralegals\n          type", "name: district\n          type", "name-twice", "name: district"
    ),
    "column twice": Broken("name: seen", "from: Perioada\n          name: seen", "column-twice", "from: Perioada"),
    "ignored and used": Broken("[Note]", "[Perioada]", "ignored-and-used", "ignore"),
    "key twice": Broken("theme: JUST", "theme: JUST\n  theme: ECON", "yaml-key-twice", "theme: ECON"),
    "folder and name": Broken("name: paralegals", "name: paralegal", "name-differs", "name: paralegal"),
    # paths
    "path that leaves": _path("../other/data.csv"),
    "path that leaves from within": _path("source/../../x.csv"),
    "path with a dot": _path("./source/observations.csv"),
    "absolute path": _path("/etc/passwd"),
    "path with backslashes": _path("source\\observations.csv"),
    "drive letter": _path("C:/data.csv"),
    "hidden file": _path("source/.hidden.csv"),
    "home folder": _path("~/data.csv"),
    "variable": _path("$HOME/data.csv"),
    "dots in disguise": _path("source/%2e%2e/data.csv"),
    "file address": _path("file:///etc/passwd"),
    "other protocol": _path("ftp://example.md/data.csv"),
    "missing file": _path("source/observation.csv", "file-missing"),
    "folder for a file": _path("source", "file-not-a-file"),
    "endless name": _path("a" * 5000, "path-not-allowed"),
    "missing lookup": Broken("lookups/district.csv", "lookups/districts.csv", "file-missing", "lookups:"),
    "missing corrections": Broken("corrections.yaml", "correction.yaml", "file-missing", "corrections:"),
    # what does not fit together
    "no checks": Broken("      checks: {rows: {min: 1}}\n", "      ignore: [x]\n", "no-checks", "- name: districts"),
    "history without a key": Broken("      primaryKey: [period]\n", "", "history-needs-key", "history"),
    "limit of a text": Broken("{required: true}", "{minimum: 3}", "constraint-does-not-fit", "{minimum: 3}"),
    "length of a number": Broken("{minimum: 0}", "{maxLength: 3}", "constraint-does-not-fit", "maxLength"),
    "limit of another type": Broken("{minimum: 0}", "{minimum: zero}", "constraint-value", "zero"),
    "limit beyond all numbers": Broken("{minimum: 0}", "{minimum: 1e999}", "constraint-value", "1e999"),
    "limit that is no day": Broken(
        'format: "%d.%m.%Y"', "constraints: {minimum: 2020-02-31}", "constraint-value", "2020-02-31"
    ),
    "list of another type": Broken("{minimum: 0}", "{enum: [one]}", "constraint-value", "one"),
    "broken pattern": Broken("{required: true}", '{pattern: "["}', "pattern-broken", "pattern"),
    "codes of a number": Broken(
        "{minimum: 0}", "{}\n          categories: [{value: a, label: A}]", "categories-need-text", "categories"
    ),
    "one sign for two": Broken(
        "type: integer",
        'type: number\n          decimalChar: ","\n          groupChar: ","',
        "signs-alike",
        "groupChar",
    ),
    "true and false": Broken(
        'name: seen\n          type: date\n          format: "%d.%m.%Y"',
        "name: seen\n          type: boolean\n          trueValues: [da]\n          falseValues: [da]",
        "true-and-false",
        "falseValues",
    ),
    # what is no YAML of ours
    "anchor": Broken("title: Community", "title: &t Community", "yaml-anchor", "&t"),
    "alias": Broken("title: Community paralegals", "title: *t", "yaml-anchor", "*t"),
    "tag": Broken("title: Community", "title: !!python/object:os.system Community", "yaml-tag", "python"),
    "tab": Broken("  cadence:", "\tcadence:", "yaml-broken", "\tcadence"),
    "open quote": Broken("title: Community paralegals", 'title: "Community', "yaml-broken", ""),
    "second document": Broken("keywords:", "---\nkeywords:", "yaml-broken", "---"),
    "control character": Broken("Community", "Comm\x07unity", "yaml-broken", "Comm"),
    "odd key": Broken("keywords: [justice]", "[a, b]: c", "yaml-odd-key", "[a, b]"),
    "brackets without end": Broken("keywords: [justice]", "keywords: " + "[" * 100_000, "yaml-too-deep", "keywords"),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_declaration_is_a_finding_with_file_and_line_and_its_neighbour_still_loads(
    broken: Broken, add: Add, load: Load, changed: Changed, good: str
) -> None:
    text = changed((broken.old, broken.new))
    add(text)
    add(good.replace("name: paralegals", "name: neighbour", 1), "neighbour")
    catalogue = load()
    assert list(catalogue.datasets) == ["neighbour"]
    findings = catalogue.broken["paralegals"]
    found = [finding for finding in findings if finding.code == broken.code]
    assert found, [finding.line() for finding in findings]
    lines = [n for n, line in enumerate(text.split("\n"), 1) if broken.line in line]
    assert any(f.place.file == "paralegals/datapackage.yaml" and f.place.line in lines for f in found), [
        f.line() for f in found
    ]
    assert any(broken.says in finding.text() for finding in found), [f.line() for f in found]
    assert all(finding.line(language) for finding in findings for language in LANGUAGES)
    assert all(finding.dataset == "paralegals" for finding in findings)


def test_the_good_declaration_loads(faults: Faults, good: str) -> None:
    assert faults(good) == []


def test_there_are_at_least_fifty_ways_to_break_one() -> None:
    assert len(BROKEN) >= 50


def test_all_faults_come_at_once(faults: Faults, changed: Changed) -> None:
    wrong_keys = changed(("cadence:", "cadense:"), ("type: integer", "type: interger"), ("keywords:", "keyword:"))
    codes = sorted(finding.code for finding in faults(wrong_keys))
    assert codes == ["missing-key", "missing-key", "unknown-key", "unknown-key", "unknown-value"]
    wrong_names = changed(("JUST", "JUSTICE"), ("[size]", "[sizes]"), ("resource: districts", "resource: x"))
    assert [finding.code for finding in faults(wrong_names)] == ["unknown-value"] * 3


@pytest.mark.parametrize("text", ["- a\n- b\n", "just words\n", "", "# nothing\n", "42\n"])
def test_yaml_that_is_not_a_mapping_is_a_finding(text: str, faults: Faults) -> None:
    assert [finding.code for finding in faults(text)] == ["mapping-expected"]


def test_a_declaration_that_is_not_utf8_names_the_line(faults: Faults, good: str) -> None:
    content = good.encode().replace("Mărimea".encode(), "Mărimea".encode("cp1250"), 1)
    assert [(f.code, f.place.line) for f in faults(content)] == [("yaml-not-utf8", 6)]


def test_a_declaration_with_a_byte_order_mark_loads(faults: Faults, good: str) -> None:
    assert faults(b"\xef\xbb\xbf" + good.encode()) == []


def test_a_declaration_larger_than_any_is_a_finding(faults: Faults, good: str) -> None:
    assert [f.code for f in faults(good + "#" * 2_000_001)] == ["yaml-too-large"]


def test_a_folder_without_a_declaration_is_a_finding(datapackages: Path, load: Load) -> None:
    (datapackages / "empty").mkdir(parents=True)
    assert [f.code for f in load().broken["empty"]] == ["declaration-missing"]


def test_folders_that_begin_with_an_underscore_or_a_dot_are_no_datasets(datapackages: Path, load: Load) -> None:
    for name in ("_drafts", ".git"):
        (datapackages / name).mkdir(parents=True)
    catalogue = load()
    assert not catalogue.datasets
    assert not catalogue.broken


def test_a_link_out_of_the_folder_is_refused_and_one_within_is_not(
    add: Add, load: Load, good: str, tmp_path: Path
) -> None:
    folder = add(good)
    source = folder / "source" / "observations.csv"
    outside = tmp_path / "secret.csv"
    outside.write_text("secret")
    source.unlink()
    source.symlink_to(outside)
    assert [f.code for f in load().broken["paralegals"]] == ["path-not-allowed"]
    source.unlink()
    source.symlink_to(folder / "source" / "districts.csv")
    assert "paralegals" in load().datasets


def test_links_in_a_circle_are_refused(add: Add, load: Load, good: str) -> None:
    source = add(good) / "source" / "observations.csv"
    source.unlink()
    source.symlink_to(source)
    assert [f.code for f in load().broken["paralegals"]] == ["path-not-allowed"]


def test_the_value_shown_is_masked(faults: Faults, changed: Changed) -> None:
    (finding,) = faults(changed(("cadence: semester", "cadence: 2001001234567 ana@example.md")))
    assert "2001001234567" not in finding.text()
    assert "ana@example.md" not in finding.text()


def test_a_misspelt_key_hides_nothing_else_that_is_wrong(tmp_path: Path) -> None:
    folder = tmp_path / "datapackages" / "wells"
    folder.mkdir(parents=True)
    (folder / "datapackage.yaml").write_text(
        "$schema: https://datapackage.org/profiles/2.0/datapackage.json\n"
        "name: wells\n"
        "titel: Wells\n"
        "translations: {ro: {title: Izvoare, description: Izvoare}, ru: {title: Ключи}}\n"
        "keywords: [wells]\n"
        "licenses: [{name: CC-BY-4.0}]\n"
        "sources: [{title: A list}]\n"
        "publica: {organization: agee, cadence: sometimes, theme: GOV}\n"
        "resources:\n"
        "  - name: rows\n"
        "    path: ../x.csv\n"
        "    publica: {checks: {rows: {min: 1}}}\n"
        "    schema: {fields: [{name: place, type: string}], primaryKey: [plaza]}\n",
        "utf-8",
    )
    found = load_all(tmp_path / "datapackages").broken["wells"]
    told = {(f.code, str(f.params.get("key", f.params.get("path", "")))) for f in found}
    assert told == {
        ("unknown-key", "titel"),
        ("missing-key", "title"),
        ("missing-key", "description"),
        ("unknown-value", "cadence"),
        ("unknown-value", "organization"),
        ("unknown-value", "theme"),
        ("unknown-value", "primaryKey"),
        ("path-not-allowed", "../x.csv"),
    }
    assert all(f.place.line for f in found)
