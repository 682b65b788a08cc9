"""The project's own declarations: they load, they are valid Data Packages, and the editors' schema is up to date."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import frictionless
import jsonschema
import pytest
import yaml

from pipelines.declaration.editor_schema import FILE, editor_schema
from pipelines.declaration.load import load_all
from pipelines.declaration.shared import expectation_types
from pipelines.declaration.yaml_lines import read_yaml

DATAPACKAGES = Path(__file__).resolve().parents[2] / "datapackages"
SLUGS = sorted(path.name for path in DATAPACKAGES.iterdir() if path.name != "_shared")


def test_every_declaration_loads() -> None:
    catalogue = load_all(DATAPACKAGES)
    assert [f.line() for findings in catalogue.broken.values() for f in findings] == []
    assert list(catalogue.datasets) == SLUGS
    assert len(SLUGS) >= 9


@pytest.mark.parametrize("slug", SLUGS)
def test_frictionless_opens_a_declaration_and_finds_its_metadata_valid(slug: str) -> None:
    file = DATAPACKAGES / slug / "datapackage.yaml"
    package = frictionless.Package(str(file))
    loaded = load_all(DATAPACKAGES).datasets[slug]
    assert package.name == slug
    for ours in loaded.package.resources:
        theirs = package.get_resource(ours.name)
        assert theirs.schema.field_names == [field.name for field in ours.schema_.fields]
        assert theirs.schema.field_types == [field.type for field in ours.schema_.fields]
        assert theirs.schema.primary_key == ours.schema_.primary_key
    descriptor: dict[str, Any] = yaml.safe_load(file.read_text("utf-8"))
    validate: Any = frictionless.Package.metadata_validate
    assert list(validate(descriptor)) == []


@pytest.mark.parametrize("slug", SLUGS)
def test_a_declaration_names_the_editors_schema_and_is_valid_by_it(slug: str) -> None:
    text = (DATAPACKAGES / slug / "datapackage.yaml").read_text("utf-8")
    first = text.split("\n", 1)[0]
    prefix, path = first.split("$schema=")
    assert prefix == "# yaml-language-server: "
    assert (DATAPACKAGES / slug / path).resolve() == FILE
    schema = json.loads(FILE.read_bytes())
    value, _ = read_yaml(DATAPACKAGES / slug / "datapackage.yaml", slug)
    validator: Any = jsonschema.Draft202012Validator(schema)
    assert [error.message for error in validator.iter_errors(value)] == []


def test_the_editors_schema_finds_what_is_misspelt() -> None:
    value, _ = read_yaml(DATAPACKAGES / "paralegals" / "datapackage.yaml", "paralegals")
    value["publica"]["cadense"] = value["publica"].pop("cadence")
    validator: Any = jsonschema.Draft202012Validator(json.loads(FILE.read_bytes()))
    assert len(list(validator.iter_errors(value))) == 2


def test_the_editors_schema_is_up_to_date() -> None:
    assert FILE.read_bytes() == editor_schema(), "run: python -m pipelines.declaration.editor_schema"


def test_the_editors_schema_says_what_every_key_is_for() -> None:
    schema = json.loads(FILE.read_bytes())
    parts = {"Package": schema, **schema["$defs"]}
    silent = [
        f"{part}.{key}"
        for part, value in parts.items()
        for key, said in value["properties"].items()
        if not said.get("description")
    ]
    assert silent == []


def test_the_list_of_expectation_types_is_that_of_great_expectations() -> None:
    import great_expectations.expectations as gxe
    from great_expectations.expectations.registry import list_registered_expectation_implementations

    assert gxe is not None
    known = {name for name in list_registered_expectation_implementations() if not name.startswith("_")}
    assert expectation_types() <= known
