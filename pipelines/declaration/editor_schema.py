"""The JSON Schema for editors of a `datapackage.yaml`: the keys known, the closed lists, and what each is for.

Generated from the models and the string below each of their attributes, and stored beside this file;
`python -m pipelines.declaration.editor_schema` rewrites it. It helps writing; what is accepted is judged in `load.py`.
"""

from __future__ import annotations

import ast
import inspect
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel

from pipelines.declaration.model import Package
from pipelines.files import pretty_json, replace_file

FILE = Path(__file__).with_name("datapackage.schema.json")


def editor_schema() -> bytes:
    """The file's content, made anew."""
    schema: dict[str, Any] = Package.model_json_schema(by_alias=True)
    definitions: dict[str, Any] = schema.pop("$defs")
    models = _models_used(Package)
    for name, definition in {**definitions, "Package": schema}.items():
        _describe(definition, models[name])
    return pretty_json({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "$defs": definitions})


def _models_used(model: type[BaseModel]) -> dict[str, type[BaseModel]]:
    """Every model that the room has, by the name that JSON Schema calls it."""
    found: dict[str, type[BaseModel]] = {}
    waiting = model.__mro__[1].__subclasses__()
    while waiting:
        each = waiting.pop()
        found[each.__name__] = each
        waiting += each.__subclasses__()
    return found


def _describe(definition: dict[str, Any], model: type[BaseModel]) -> None:
    """Adds what each property is for, and takes out the titles that pydantic makes up of names."""
    texts = _attribute_texts(model)
    definition.pop("title", None)
    for name, field in model.model_fields.items():
        value = cast("dict[str, Any]", definition["properties"][field.alias or name])
        value.pop("title", None)
        value["description"] = texts[name]


def _attribute_texts(model: type[BaseModel]) -> dict[str, str]:
    """The string below each attribute of a model. Raises KeyError later where one is missing, so that none is."""
    body = cast(ast.ClassDef, ast.parse(inspect.getsource(model)).body[0]).body
    return {
        attribute.target.id: " ".join(text.value.value.split())
        for attribute, text in pairwise(body)
        if isinstance(attribute, ast.AnnAssign)
        and isinstance(attribute.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }


if __name__ == "__main__":
    replace_file(FILE, editor_schema())
    sys.stdout.write(f"{FILE}\n")
