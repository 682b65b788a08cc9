"""What the tests of the CKAN room stand on: in this folder `portal` is the real CKAN again, not the folder kind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.portal.fixtures import portal as portal
from tests.portal.proxy import Proxy
from tests.portals.ckan.publishers import exposed as exposed
from tests.portals.ckan.publishers import front as front
from tests.portals.ckan.publishers import publishers as publishers
from tests.portals.ckan.publishers import solr as solr
from tests.portals.ckan.publishers import solr_proxy as solr_proxy
from tests.portals.ckan.publishers import town as town

if TYPE_CHECKING:
    from tests.portal.portal import Portal


@pytest.fixture
def proxy(portal: Portal) -> Iterator[Proxy]:
    """In front of the portal. Addresses that the portal itself writes lead past it."""
    with Proxy(portal.url) as proxy:
        yield proxy
