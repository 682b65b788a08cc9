"""What is said to people: every code has its words in three languages, and no words are left that nobody says."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import cast

import pytest
import yaml

from pipelines.languages import LANGUAGES, messages, say

PIPELINES = Path(__file__).resolve().parents[1] / "pipelines"
SPEAKERS = {
    "Finding",
    "Fact",
    "Reason",
    "say",
    "refused",
    "words",
    "_wrong",
    "_refusal",
}  # their first argument is a code
TREES = {file: ast.parse(file.read_bytes()) for file in sorted(PIPELINES.rglob("*.py"))}
TEMPLATES = "".join(file.read_text("utf-8") for file in sorted(PIPELINES.rglob("*.html")))
CATALOGUE = messages()


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def _of_any_language(names: set[str]) -> frozenset[str]:
    """Names with those that hold words of one language (`rule_ro`) made the same for all."""
    return frozenset(re.sub(r"_(en|ro|ru)$", "_*", name) for name in names)


def _literal(node: ast.expr) -> Iterator[str]:
    """The codes that an argument can be: a text, or either of two."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _literal(node.body)
        yield from _literal(node.orelse)


def _spoken() -> Iterator[tuple[str, str, ast.Call]]:
    """(where, code, call) of every code that the source names where it speaks. A page's `say` puts `page-` before."""
    for file, tree in TREES.items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in SPEAKERS:
                of_page = isinstance(node.func, ast.Attribute) and name == "say"
                for code in _literal(node.args[0]):
                    yield f"{file.name}:{node.lineno}", f"page-{code}" if of_page else code, node


def _said_by_pattern() -> Iterator[re.Pattern[str]]:
    """What f-strings could say: their fixed parts, and anything between."""
    for tree in TREES.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                fixed = [str(part.value) if isinstance(part, ast.Constant) else None for part in node.values]
                if any(part and re.fullmatch(r"[a-z]*-|-[a-z]+(-[a-z]+)*", part) for part in fixed):
                    yield re.compile("".join("[A-Za-z-]+" if part is None else re.escape(part) for part in fixed))


def test_every_code_that_is_spoken_has_its_words() -> None:
    assert [f"{where}: {code}" for where, code, _ in _spoken() if code not in CATALOGUE] == []


def test_every_message_is_said_somewhere() -> None:
    texts = {
        node.value
        for tree in TREES.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    patterns = list(_said_by_pattern())
    on_pages = {f"page-{word}" for word in re.findall(r"['\"]([a-z-]+)['\"]", TEMPLATES)}
    of_pages = {f"page-{text}" for text in texts}
    unsaid = [
        code
        for code in CATALOGUE
        if code not in texts | on_pages | of_pages
        and not any(pattern.fullmatch(code) for pattern in patterns if pattern.pattern != "page\\-[A-Za-z-]+")
    ]
    assert unsaid == []


@pytest.mark.parametrize("code", CATALOGUE)
def test_a_message_is_in_three_languages_with_the_same_places_to_fill(code: str) -> None:
    texts = CATALOGUE[code]
    assert sorted(texts) == sorted(LANGUAGES)
    assert all(text.strip() for text in texts.values())
    assert len({_of_any_language(_placeholders(text)) for text in texts.values()}) == 1
    assert not any(re.search(rf"_(?!{language})(en|ro|ru)}}", text) for language, text in texts.items())


def test_a_message_is_given_what_it_needs() -> None:
    """Where a finding's parameters are written out beside its code, no place of the message stays empty."""
    empty: list[str] = []
    for where, code, call in _spoken():
        given = next((k.value for k in call.keywords if k.arg == "params"), None)
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        if given is None and name == "Reason" and len(call.args) > 2:
            given = call.args[2]
        if name == "Finding" and given is None and len(call.args) < 3:
            given = ast.Dict(keys=[], values=[])
        if isinstance(given, ast.Dict) and all(isinstance(key, ast.Constant) for key in given.keys):
            keys = {cast(ast.Constant, key).value for key in given.keys}
            empty += [f"{where}: {code} needs {need}" for need in _placeholders(CATALOGUE[code]["en"]) - keys]
    assert empty == []


def test_a_code_has_one_home() -> None:
    homes = Counter(
        code
        for file in sorted((PIPELINES / "messages").glob("*.yaml"))
        for code in re.findall(r"^([a-z][a-z-]*):", file.read_text("utf-8"), re.MULTILINE)
    )
    assert [code for code, count in homes.items() if count > 1] == []


def test_romanian_is_written_with_commas_and_each_language_in_its_letters() -> None:
    cyrillic, cedilla = re.compile("[а-яё]", re.IGNORECASE), re.compile("[şţŞŢ]")
    for code, texts in CATALOGUE.items():
        assert not cedilla.search(texts["ro"]), code
        assert not cyrillic.search(texts["ro"] + texts["en"]), code


def test_an_unknown_code_is_a_bug_that_shows() -> None:
    with pytest.raises(KeyError):
        say("no-such-code", "en", {})


def test_the_catalogue_is_plain_yaml() -> None:
    for file in (PIPELINES / "messages").glob("*.yaml"):
        assert isinstance(yaml.safe_load(file.read_text("utf-8")), dict)
