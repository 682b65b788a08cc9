"""The order of the rooms: data flows down the list and never up; what is slow to import waits until it is needed."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
PIPELINES = PROJECT / "pipelines"
ROOMS = [
    "declaration", "archive", "sources", "tables", "checks", "versions", "packages", "portals", "observe", "commands",
]  # fmt: skip
ABOVE_ALL: dict[str, set[str]] = {  # these import every room, and of one another what is named; nobody imports them
    "console": set(),
    "verbs": {"console"},
    "cli": {"console", "verbs"},
    "orchestration": set(),
    "definitions": {"orchestration"},
}
UNDER_ALL = {"errors", "findings", "text", "languages", "files", "memory"}
SLOW = ("polars", "pandas", "great_expectations", "dagster", "frictionless", "sqlalchemy", "httpx", "pyarrow")
LONGEST = 300


def _modules() -> list[Path]:
    return sorted(PIPELINES.rglob("*.py"))


def _name(file: Path) -> str:
    return file.relative_to(PROJECT).with_suffix("").as_posix().replace("/", ".")


def _imported(file: Path) -> Iterator[str]:
    """Every module that a file imports anywhere, also for types only and inside functions."""
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{_name(file)} imports relatively"
            yield node.module
            if node.module == "pipelines":
                yield from (f"pipelines.{alias.name}" for alias in node.names)


def _room(module: str) -> str:
    """The room or the small module that `pipelines.x.y` is in; empty for the package itself."""
    parts = module.split(".")
    return parts[1] if parts[0] == "pipelines" and len(parts) > 1 else ""


def _may(room: str, other: str) -> bool:
    if not other or other == room or other == "__init__":
        return True
    if room in ABOVE_ALL:
        return other not in ABOVE_ALL or other in ABOVE_ALL[room]
    if room in ROOMS and other in ROOMS:
        return ROOMS.index(other) < ROOMS.index(room)
    return other in UNDER_ALL and room in {*ROOMS, *UNDER_ALL}


def test_a_room_imports_only_rooms_above_it() -> None:
    wrong = [
        f"{_name(file)} imports {other}"
        for file in _modules()
        for other in _imported(file)
        if other.startswith("pipelines") and not _may(_room(_name(file)), _room(other))
    ]
    assert wrong == []


def test_no_files_import_one_another_in_a_circle() -> None:
    files = {_name(file): file for file in _modules()}
    imports: dict[str, set[str]] = {}
    for name, file in files.items():
        nodes = [node for node in ast.walk(ast.parse(file.read_bytes())) if isinstance(node, ast.ImportFrom)]
        named = {f"{node.module}.{alias.name}" for node in nodes for alias in node.names}
        imports[name] = ({*_imported(file), *named} & files.keys()) - {name}
    assert sum(map(len, imports.values())) > len(files)
    TopologicalSorter(imports).prepare()  # raises CycleError, which names them


def test_every_room_has_its_place_in_the_order() -> None:
    there = {_room(_name(file)) for file in _modules()} - {"__init__"}
    assert there <= {*ROOMS, *ABOVE_ALL, *UNDER_ALL}


def test_only_orchestration_knows_dagster() -> None:
    wrong = [
        _name(file)
        for file in _modules()
        if _room(_name(file)) not in ("orchestration", "definitions")
        and any(other.split(".")[0] in ("dagster", "dagster_shared") for other in _imported(file))
    ]
    assert wrong == []


def test_the_command_line_imports_nothing_slow() -> None:
    code = f"import sys, pipelines.cli; print([name for name in {SLOW!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_module_is_too_long() -> None:
    lengths = {_name(file): len(file.read_text("utf-8").splitlines()) for file in _modules()}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST} == {}


def test_every_module_opens_by_saying_what_lives_there() -> None:
    assert [_name(file) for file in _modules() if not ast.get_docstring(ast.parse(file.read_bytes()))] == []
