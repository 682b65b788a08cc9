"""What tests ask for: `portal`, a real CKAN portal as after its first start, every server well.

One is started for all tests of a process that ask for it. PUBLICA_TEST_CKAN chooses the variant (`settings.VARIANTS`).
"""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.portal.portal import Portal


@pytest.fixture(scope="session")
def running_portal() -> Generator[Portal]:
    """The portal of this session, as the last test left it."""
    from tests.portal.portal import Portal
    from tests.portal.settings import VARIANTS

    portal = Portal(os.environ.get("PUBLICA_TEST_CKAN") or VARIANTS[0])
    portal.start()
    yield portal
    portal.stop()


@pytest.fixture
def portal(running_portal: Portal) -> Generator[Portal]:
    """The portal as after its start. What the test stops, kills, pauses or sets otherwise is put right after it."""
    running_portal.reset()
    told = running_portal.public_port, running_portal.settings
    yield running_portal
    running_portal.heal()
    if told != (running_portal.public_port, running_portal.settings):
        running_portal.public_port, running_portal.settings = told
        running_portal.expose(running_portal.public_port)
