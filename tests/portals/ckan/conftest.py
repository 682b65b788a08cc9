"""What the tests of the CKAN room stand on: in this folder `portal` is the real CKAN again, not the folder kind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.portal.fixtures import portal as portal
from tests.portal.proxy import Proxy

if TYPE_CHECKING:
    from tests.portal.portal import Portal


@pytest.fixture
def proxy(portal: Portal) -> Iterator[Proxy]:
    """In front of the portal. Addresses that the portal itself writes lead past it."""
    with Proxy(portal.url) as proxy:
        yield proxy
