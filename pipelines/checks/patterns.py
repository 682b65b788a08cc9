"""Regular expressions of schemas: which of them polars, whose engine is Rust's, can be asked instead of Python.

What is done with a pattern is in `suspicion.py` and `report/sure.py`.
"""

from __future__ import annotations

import re

# Patterns in which Rust's and Python's regular expressions mean the same, on text of ASCII characters.
_PLAIN = re.compile(
    r"""(?: [\w\ \-/,:;@\#%&'"<>=!~.^]          # themselves (and the point, and the beginning)
          | \\[dw.\-/()+*?\[\]{}|\\^$]          # escapes
          | \[\^?(?:[\w\ /,:;@\#%'"<>=!.()+*?{}$] | \\[dw.\-\[\]\\^] | (?<=\w)-(?=\w))+\]
          | \((?:\?:)? | \) | \|
        )
        (?: (?:[*+?] | \{\d+(?:,\d*)?\}) \??(?![*+?{]) )?
    """,
    re.VERBOSE,
)


def plain_pattern(pattern: str) -> bool:
    """Whether the regular expressions of Rust and Python mean the same by `pattern`, on text of ASCII characters."""
    return re.fullmatch(f"(?:{_PLAIN.pattern})*", pattern, re.VERBOSE) is not None
