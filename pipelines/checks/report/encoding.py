"""Whether a file is UTF-8 for frictionless, too, told by its beginning; in doubt frictionless asks chardet itself.

The first time chardet is asked it loads what it knows of every language, which takes as long as scanning a fifth of a
million rows. What it looks for before languages, by its own pipeline (7.7), is looked for here.
"""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

from pipelines.checks.report.outside import local_path

if TYPE_CHECKING:
    from frictionless.resources import TableResource

# Zeros (UTF-16, UTF-32), escapes (ISO-2022, HZ, UTF-7), markup and comments that name an encoding, binary files.
_TELLING = re.compile(rb"[^\t\n\r -}\x80-\xff]|[+<]|coding")


def plainly_utf8(sample: bytes) -> bool:
    """Whether a file that begins so is UTF-8, and nothing in it hints at anything else."""
    if _TELLING.search(sample):
        return False
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return False
    return sample.isascii() or not text.isascii()  # half a character at the end proves nothing


def spare_detection(resource: TableResource) -> None:
    """Give a table, not yet open, the encoding that frictionless would detect, where that is certain."""
    if resource.get_defined("encoding") or resource.detector.encoding_function:
        return
    with local_path(resource).open("rb") as file:
        if plainly_utf8(file.read(resource.detector.buffer_size)):
            resource.encoding = "utf-8"
