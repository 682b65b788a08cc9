"""What things are called in Dagster: keys of assets, names of ops and checks, groups, tags. One function for each.

Dagster allows letters, digits and underscores in most names; slugs have hyphens and no underscores, so that turning the
one into the other is one to one. What an asset says about itself is in `described.py`.
"""

from __future__ import annotations

import re
from typing import Literal

import dagster as dg

# `version` is made by nothing: it stands for the newest version in the archive, where another dataset reads it.
Stage = Literal["source", "package", "publication", "version"]

CATALOGUE_KEY = dg.AssetKey(["portal", "catalogue"])  # of no dataset: no stage is called catalogue
BROKEN = "broken"  # the group of declarations that did not load
ROUTINE = "publica/routine"  # tag of a run that nobody started by hand
CADENCE = "publica/cadence"
MILESTONE = "publica/milestone"
THEME = "publica/theme"

_TAG_LENGTH = 63
_KEY = re.compile(r"[A-Za-z0-9_-]+")


def identifier(name: str) -> str:
    """`name` as Dagster wants names of ops, groups and checks. No two names give the same one.

    Hyphens become underscores; whatever a slug cannot hold (a broken folder may be called anything) becomes `X<hex>X`.
    """
    return "".join(c if re.match(r"[a-z0-9]", c) else "_" if c == "-" else f"X{ord(c):X}X" for c in name)


def key(slug: str, stage: Stage) -> dg.AssetKey:
    """The asset of one stage of a dataset. It holds no organisation: government is reorganised, keys are for ever."""
    return dg.AssetKey([slug if _KEY.fullmatch(slug) else identifier(slug), stage])


def op_name(slug: str, stage: Stage) -> str:
    """The name of the op that makes the asset."""
    return f"{identifier(slug)}__{stage}"


def suite_check(suite: str) -> str:
    """The name of the check that stands for a suite of `expectations/`."""
    return f"suite_{identifier(suite)}"


def pool(portal: str) -> str:
    """The pool of those who write to a portal, by the portal's address: its kind alone, never where it is."""
    return f"portal_{identifier(portal.partition(':')[0])}"


def tag_value(text: str) -> str:
    """`text` as the value of a tag: what Dagster does not allow there becomes an underscore."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", text)[:_TAG_LENGTH]
