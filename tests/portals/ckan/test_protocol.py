"""The protocol of `pipelines/portals/ckan/steps.py` against a real CKAN: two publishers, hands that edit, publishers
that are killed, a portal that fails, in any order, and after every step the invariants as a stranger sees them.

Stories that once went wrong stand here by themselves, named after what must hold. The story-teller and what it knows
are in tests/portal/stories. PUBLICA_TEST_STORIES makes it tell that many, other ones each time.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.portal.portal import Portal
from tests.portal.proxy import Proxy
from tests.portal.stories.hands import EDITS
from tests.portal.stories.line import SLUG, Line
from tests.portal.stories.publisher import Publisher
from tests.portal.stories.stage import Mishap, Stage
from tests.portal.stories.world import Act, Who, World

STORIES = int(os.environ.get("PUBLICA_TEST_STORIES", "0"))


@pytest.fixture(scope="module")
def stage(running_portal: Portal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    portal = running_portal
    portal.heal()
    with ExitStack() as stack:
        stack.callback(_with_settings, portal, {})
        solr = stack.enter_context(Proxy(portal.solr_url))
        _with_settings(portal, {"solr_url": f"{solr.url}/solr/ckan"})
        proxy = stack.enter_context(Proxy(portal.url))
        line = Line(tmp_path_factory.mktemp("line"))
        to = f"ckan:{proxy.url}"
        publishers = {
            who: stack.enter_context(Publisher(Path(), line.datapackages, to, portal.editor_token))
            for who in ("A", "B")
        }
        yield Stage(portal, proxy, solr, line, publishers)


def _with_settings(portal: Portal, settings: dict[str, str]) -> None:
    portal.settings = settings
    portal.expose()


@pytest.fixture
def begun(stage: Stage, tmp_path: Path) -> Callable[[bool], World]:
    """A story that begins with an empty portal, and two publishers with one archive (True) or with one each."""
    stage.portal.reset()
    return lambda shared: World(stage, tmp_path, shared)


class Stories(RuleBasedStateMachine):
    """What hypothesis makes up. `stage` is set by the test."""

    stage: Stage

    whos: st.SearchStrategy[Who] = st.sampled_from(("A", "B"))
    acts = st.one_of(
        st.builds(Act, st.just("publish"), st.integers(0, 3)),
        st.builds(Act, st.sampled_from(["rollback", "withdraw", "erase"]), st.integers(0, 11)),
    )
    kills = st.builds(Mishap, st.just("kill"), st.integers(0, 7), st.booleans())
    failures = st.builds(
        Mishap,
        st.sampled_from(["gateway", "drop", "solr", "solr", "worker", "database", "late"]),
        st.integers(0, 5),
        st.booleans(),
    )

    def __init__(self) -> None:
        super().__init__()
        self.stage.portal.reset()
        self.home = tempfile.TemporaryDirectory()

    @initialize(shared=st.booleans(), first=st.integers(1, 9))
    def begin(self, shared: bool, first: int) -> None:
        self.world = World(self.stage, Path(self.home.name), shared)
        self.world.run("A", Act("publish", first))
        self.world.share()

    @rule(who=whos, act=acts)
    def act(self, who: Who, act: Act) -> None:
        self.world.run(who, act)

    @rule(who=whos, act=acts, kill=kills)
    def killed(self, who: Who, act: Act, kill: Mishap) -> None:
        self.world.run(who, act, mishap=kill)

    @rule(who=whos, act=acts, failure=failures)
    def failing(self, who: Who, act: Act, failure: Mishap) -> None:
        self.world.run(who, act, mishap=failure)

    @rule(who=whos, act=acts, nth=st.integers(0, 5), other=acts)
    def meanwhile(self, who: Who, act: Act, nth: int, other: Act) -> None:
        self.world.meanwhile(who, act, nth, other)

    @rule(what=st.sampled_from(EDITS), pick=st.integers(0, 30))
    def edit(self, what: str, pick: int) -> None:
        self.world.edit(what, pick)

    @rule(who=whos, more=st.integers(0, 2))
    def overwrite(self, who: Who, more: int) -> None:
        self.world.run(who, Act("publish", more), overwrite=True)

    @rule(who=whos, more=st.integers(0, 2))
    def an_hour_later(self, who: Who, more: int) -> None:
        self.world.run(who, Act("publish", more), stale=True)

    @rule()
    def share(self) -> None:
        self.world.share()

    @rule()
    def wait(self) -> None:
        self.world.wait(100)

    def teardown(self) -> None:
        try:
            if hasattr(self, "world"):
                self.world.finish()
        finally:
            self.home.cleanup()


def test_g2_g7_g8_whatever_happens_the_invariants_hold(stage: Stage) -> None:
    Stories.stage = stage
    how = settings(
        max_examples=STORIES or 8,
        stateful_step_count=12 if STORIES else 7,
        derandomize=not STORIES,
        phases=[Phase.generate],  # every step takes seconds: what was found is not made shorter
        report_multiple_bugs=False,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
        deadline=None,
        print_blob=False,
    )
    run_state_machine_as_test(Stories, settings=how)


def test_overwriting_also_puts_back_the_rows_of_a_table_that_was_replaced(begun: Callable[[bool], World]) -> None:
    world = begun(True)
    world.run("A", Act("publish", 4))
    world.run("A", Act("rollback", 0))
    world.run("A", Act("rollback", 3))
    world.edit("cell", 1)
    world.finish()


@pytest.mark.parametrize("what", ["renamed", "rekeyed"])
def test_overwriting_undoes_what_was_changed_of_a_zip_that_stays(begun: Callable[[bool], World], what: str) -> None:
    world = begun(True)
    world.run("A", Act("publish", 1))
    world.edit(what, 3)
    world.finish()


def test_a_publisher_that_dies_before_the_view_leaves_it_to_the_next(begun: Callable[[bool], World]) -> None:
    world = begun(True)
    world.run("A", Act("publish", 1), mishap=Mishap("kill", 1, before=False))
    world.run("A", Act("publish", 0))
    world.finish()


def test_a_publisher_that_dies_right_after_creating_is_followed_by_the_next(begun: Callable[[bool], World]) -> None:
    world = begun(True)
    world.run("A", Act("publish", 1), mishap=Mishap("kill", 0, before=False))
    world.run("A", Act("publish", 1))
    world.finish()


def test_an_edit_is_found_where_a_table_stands_beside_the_one_it_replaced(begun: Callable[[bool], World]) -> None:
    world = begun(True)
    world.run("A", Act("publish", 4))
    world.run("A", Act("rollback", 0))
    world.edit("renamed", 2)
    ran = world.run("A", Act("withdraw"))
    assert ran
    assert ran.refused == ("portal-metadata-edited",)
    world.finish()


def test_versions_that_were_withdrawn_a_moment_ago_come_back_with_the_next(begun: Callable[[bool], World]) -> None:
    world = begun(False)
    world.run("A", Act("publish", 1))
    world.share()
    world.meanwhile("B", Act("publish", 1), 0, Act("withdraw"))
    world.finish()


def test_what_a_publisher_that_died_had_only_begun_to_list_is_not_taken_for_published(
    begun: Callable[[bool], World],
) -> None:
    world = begun(True)
    world.run("A", Act("publish", 1), mishap=Mishap("kill", 0, before=False))
    world.run("A", Act("publish", 0))
    world.finish()


def test_a_file_sent_by_hand_after_a_publisher_died_is_not_written_over(begun: Callable[[bool], World]) -> None:
    world = begun(True)
    world.run("A", Act("publish", 1))
    world.run("A", Act("publish", 1), mishap=Mishap("kill", 1, before=True))
    world.edit("uploaded", 0)
    ran = world.run("A", Act("publish", 0))
    assert ran
    assert ran.refused == ("portal-edited",)
    world.finish()


def test_a_file_sent_by_hand_to_a_state_that_nobody_wrote_down_is_not_written_over(
    begun: Callable[[bool], World],
) -> None:
    world = begun(True)
    world.run("A", Act("publish", 2))
    killed = world.run("A", Act("publish", 1), mishap=Mishap("kill", 2, before=False))
    assert killed
    assert killed.killed
    world.edit("uploaded", 0)
    world.run("A", Act("publish", 1))
    world.finish()


def test_rows_that_a_dead_publisher_left_are_gone_from_a_table_that_another_version_replaces(
    begun: Callable[[bool], World],
) -> None:
    world = begun(True)
    world.run("A", Act("publish", 7))
    world.run("A", Act("publish", 1), mishap=Mishap("kill", 1, before=False))
    world.run("A", Act("rollback", 0))
    world.run("A", Act("rollback", 6))
    world.finish()


def test_words_that_a_dead_publisher_left_in_a_dictionary_are_put_back(begun: Callable[[bool], World]) -> None:
    world = begun(True)
    world.run("A", Act("publish", 4))
    world.run("A", Act("publish", 1), mishap=Mishap("kill", 1, before=False))
    world.run("A", Act("rollback", 3))
    assert world.stage.publishers["A"].run("verify", SLUG, now=world.now).status == "verified"
    world.finish()


def test_rows_of_several_publishers_that_died_are_nobodys_edits(begun: Callable[[bool], World]) -> None:
    world = begun(True)
    world.run("A", Act("publish", 7))
    world.run("A", Act("publish", 1), mishap=Mishap("kill", 1, before=False))
    world.run("A", Act("rollback", 5), mishap=Mishap("kill", 0, before=False))
    world.run("A", Act("rollback", 6))
    world.finish()


def test_ids_that_only_a_dead_publisher_listed_are_not_kept_as_if_they_had_been_public(
    begun: Callable[[bool], World],
) -> None:
    world = begun(True)
    world.run("A", Act("publish", 6))
    world.run("A", Act("publish", 1), mishap=Mishap("kill", 1, before=False))
    world.run("A", Act("rollback", 0))
    assert [held["publica_key"] for held in world.look().ours if held["publica_version"] == "3.0.0"] == []
    world.run("A", Act("rollback", 6))
    world.finish()


@pytest.mark.parametrize("nth", [0, 1, 2])
def test_an_erasure_after_a_withdrawal_that_died_leaves_no_link_without_a_file(
    begun: Callable[[bool], World], nth: int
) -> None:
    world = begun(True)
    for _ in range(3):
        world.run("A", Act("publish", 1))
    world.run("A", Act("withdraw"), mishap=Mishap("kill", nth, before=False))
    world.run("A", Act("erase", 0))
    world.finish()


def test_an_erasure_after_a_publication_that_died_leaves_files_and_rows_of_one_version(
    begun: Callable[[bool], World],
) -> None:
    world = begun(True)
    for _ in range(3):
        world.run("A", Act("publish", 1))
    world.run("A", Act("publish", 1), mishap=Mishap("kill", 1, before=False))
    world.run("A", Act("erase", 0))
    world.finish()
