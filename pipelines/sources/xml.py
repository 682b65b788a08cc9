"""XML from strangers, read as a stream: no document type, no entities, nothing fetched.

What the elements mean is said by the formats that use it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn
from xml.parsers import expat

from pipelines.findings import Place
from pipelines.sources.refusal import refused

Attributes = dict[str, str]


def local(name: str) -> str:
    """An element's or attribute's name without its prefix."""
    return name.rpartition(":")[2]


class Parser:
    """A stream of starts, and of ends and characters while somebody listens for them."""

    def __init__(self, file: str, start: Callable[[str, Attributes], None]) -> None:
        self._file = file
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = start
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.EntityDeclHandler = self._refuse

    def _refuse(self, *_: object) -> NoReturn:
        raise refused("xml-entities", Place(file=self._file))

    def listen(self, end: Callable[[str], None] | None, characters: Callable[[str], None] | None = None) -> None:
        """Call these for ends of elements and for text from now on; None is silence, which is fast."""
        self._parser.EndElementHandler = end
        self._parser.CharacterDataHandler = characters

    def parse(self, content: bytes) -> None:
        """Raises UserError where `content` is not XML, or more than XML."""
        try:
            self._parser.Parse(content, True)
        except (expat.ExpatError, ValueError, KeyError, IndexError) as error:  # the last three: attributes of nonsense
            raise refused("workbook-broken", Place(file=self._file), reason=str(error)) from None
