"""One story on the stage: two publishers, hands, mishaps, in turn; after each, strangers look (`protocol.py`).

    world = World(stage, folder, shared=False)
    world.run("A", Act("publish", 1), mishap=Mishap("kill", 2))
    world.finish()

`finish` is the last word of every story: one clean publication ends in what a fresh one of the same version would be,
and one more writes nothing.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from pipelines.archive.archive import Archive
from tests.portal.looks import Stranger
from tests.portal.stories.hands import edit
from tests.portal.stories.line import SLUG
from tests.portal.stories.outcome import differences, outcome
from tests.portal.stories.protocol import Model, Seen, only_erased
from tests.portal.stories.publisher import Ran
from tests.portal.stories.stage import IMPATIENT, Mishap, Stage

Who = Literal["A", "B"]
REASON = "A test."


@dataclass(frozen=True)
class Act:
    """What a publisher does. `number`: of `publish`, how many versions more it has made; else which of those it has."""

    verb: Literal["publish", "rollback", "withdraw", "erase"]
    number: int = 0


@dataclass
class World:
    """`shared`: both publish from one archive; else each from a copy, which only `share` brings up to date."""

    stage: Stage
    folder: Path
    shared: bool
    now: datetime = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    journal: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        self.model = Model(self.stage.line)
        self.archives = {who: Archive(self.folder / ("A" if self.shared else who)) for who in ("A", "B")}
        for who, publisher in self.stage.publishers.items():
            publisher.root = self.archives[who].root  # pyright: ignore[reportArgumentType]
        self.informed: set[str] = {"A", "B"}  # who knows all that was done

    # --- what can be done ---------------------------------------------------------------------------------------------

    def run(
        self, who: Who, act: Act, *, mishap: Mishap | None = None, overwrite: bool = False, stale: bool = False
    ) -> Ran | None:
        """Somebody publishes, or takes back. Where nothing stands against it, it has to work."""
        prepared = self._prepare(who, act, overwrite)
        if prepared is None:
            return None
        verb, how = prepared
        clean = self._nothing_against(who, verb, overwrite, stale) and (mishap is None or mishap.what != "kill")
        if mishap and mishap.what == "late":
            how["patience"] = IMPATIENT
        publisher = self.stage.publishers[who]
        if mishap:
            with self.stage.going_wrong(mishap, publisher):
                ran = publisher.run(verb, SLUG, now=self.now, stale=stale, **how)
        else:
            ran = publisher.run(verb, SLUG, now=self.now, stale=stale, **how)
        self._note(f"{who} {act} {how} {mishap or ''}", ran)
        self._did(who, verb, how, ran)
        self.check()
        assert not clean or mishap or ran.status, self._told(f"nothing stands against it, and it was refused: {ran}")
        return ran

    def meanwhile(self, who: Who, act: Act, nth: int, other: Act) -> None:
        """Before somebody's n-th write the other one does something. With one archive, it waits for its turn."""
        prepared = self._prepare(who, act, False)
        second: Who = "B" if who == "A" else "A"
        if prepared is None or (second_how := self._prepare(second, other, False)) is None:
            return
        publisher, another = self.stage.publishers[who], self.stage.publishers[second]
        others: list[Ran] = []

        def intrude() -> None:
            another.start(second_how[0], SLUG, now=self.now, stale=True, **second_how[1])
            if not self.shared:
                others.append(another.wait())

        self.stage.meanwhile(intrude, nth)
        ran = publisher.run(prepared[0], SLUG, now=self.now, stale=True, **prepared[1])
        if another.child:
            others.append(another.wait())
        self.stage.calm()
        self._note(f"{who} {act}, before its write {nth} {second} {other}", ran, *others)
        self._did(who, *prepared, ran)
        for told in others:
            self._did(second, *second_how, told)
        self.informed = set() if others else self.informed
        self.check()

    def edit(self, what: str, pick: int = 0) -> None:
        """Somebody changes something by hand."""
        seen = self.look()
        if seen.package is None:
            return
        done = edit(self.stage, what, pick, settled=seen.moving is None)
        if done:
            self._note(f"by hand: {done.what}")
            self.model.edits.append(done)
            self.check()

    def share(self) -> None:
        """Whoever knows less gets a copy of the other's archive."""
        if self.shared or len(self.informed) == 2:
            return
        better = next(iter(self.informed), self._fuller())
        worse = "B" if better == "A" else "A"
        name = self.archives[worse].identity()
        shutil.rmtree(self.archives[worse].root)
        shutil.copytree(self.archives[better].root, self.archives[worse].root)
        (self.archives[worse].root / ".identity").write_text(name)
        self.informed = {"A", "B"}
        self._note(f"{worse} copies the archive of {better}")

    def wait(self, days: int) -> None:
        """Days pass."""
        self.now += timedelta(days=days)

    # --- what must hold -----------------------------------------------------------------------------------------------

    def look(self) -> Seen:
        """All that strangers see."""
        with Stranger(self.stage.portal.url, SLUG) as stranger:
            return Seen.of(list(stranger.everything()))

    def check(self) -> Seen:
        """Look, and hold it against the model."""
        seen = self.look()
        wrong = self.model.wrong(seen) + self._bytes_of_erased()
        assert not wrong, self._told(*wrong)
        self.model.settle(seen)
        return seen

    def finish(self) -> None:
        """All that was left undone is done, once, without a mishap; then the last look."""
        self.share()
        who: Who = "A"
        if self.model.erasing and self.archives[who].state(SLUG).numbers:
            for number in sorted(self.model.erasing):
                self.stage.publishers[who].run("erase", SLUG, now=self.now, number=number, reason=REASON)
        ran = self.run(who, Act("publish"), overwrite=True, stale=True)
        if ran is None:
            return  # all there ever was is erased
        assert ran.status == "published", self._told(f"the last publication: {ran}")
        self.model.disturbed = False
        self._note("the last publication")
        seen = self.check()
        assert seen.moving is None, self._told("the last publication left an announcement")
        assert not (wrong := self._orphans(seen)), self._told(*wrong)
        self.stage.proxy.clear()
        ran = self.run(who, Act("publish"))
        assert ran and ran.status == "unchanged", self._told(f"one more run: {ran}")
        written = [one.action for one in self.stage.proxy.requests if one.is_write]
        assert not written, self._told(f"one more run writes {written}")
        verified = self.stage.publishers[who].run("verify", SLUG, now=self.now)
        assert verified.status == "verified", self._told(f"verified: {verified}")
        shown, number = outcome(self.stage.portal), seen.what
        if number not in self.stage.fresh:
            self.stage.portal.reset()
            archive = Archive(self.folder / "fresh")
            self.stage.line.give(archive, number)
            self.stage.publishers[who].root = archive.root
            assert self.stage.publishers[who].run("publish", SLUG, now=self.now).status == "published"
            self.stage.fresh[number] = outcome(self.stage.portal)
        wrong = differences(self.stage.fresh[number], shown)
        assert not wrong, self._told("not as a fresh publication:", *wrong)

    # --- how ----------------------------------------------------------------------------------------------------------

    def _prepare(self, who: Who, act: Act, overwrite: bool) -> tuple[str, dict[str, Any]] | None:
        """The command and its arguments; None where it makes no sense."""
        archive, line = self.archives[who], self.stage.line
        state = archive.state(SLUG)
        self.now += timedelta(minutes=1)
        how: dict[str, Any] = {"overwrite": True} if overwrite else {}
        if act.verb == "publish":
            for _ in range(max(act.number, not state.built)):
                number = line.next_after(state.numbers[-1] if state.numbers else None)
                if number is not None:
                    line.give(archive, number)
                state = archive.state(SLUG)
            if not state.built:
                return None
            if state.hold:
                self.stage.publishers[who].run("release", SLUG, now=self.now)
            self.model.begun.add(state.built)
            return "publish", how
        there = [number for number in archive.numbers(SLUG) if number not in state.erased]
        if not there or not state.portals:
            return None
        if act.verb == "withdraw":
            self.model.begun.add("withdrawn")
            return "withdraw", {**how, "reason": REASON}
        number = there[act.number % len(there)]
        if act.verb == "rollback":
            self.model.begun.add(number)
            return "rollback", {**how, "number": number, "reason": REASON}
        self.share()
        self.model.begun |= {"erased", self.model.base}
        self.model.erasing |= self._to_be_erased(who, number)
        self.model.disturbed, self.model.edits = self.model.touched, []
        return "erase", {"number": number, "reason": REASON}

    def _to_be_erased(self, who: Who, number: str) -> set[str]:
        line = self.stage.line
        follower = line.next_after(number)
        return {number, *([follower] if follower in self.archives[who].numbers(SLUG) else [])}

    def _nothing_against(self, who: Who, verb: str, overwrite: bool, stale: bool) -> bool:
        """Whether what somebody begins now has to end well."""
        seen = self.look()
        moving = seen.moving or self._started()
        alone = self.shared or stale or overwrite or moving is None or moving["by"] == self.archives[who].identity()
        clean = (not self.model.touched or overwrite) and not self.model.erasing  # an erasure that died goes first
        exists = seen.package is not None and seen.what not in ("withdrawn", "erased")
        return alone and clean and who in self.informed and (verb in ("publish", "rollback") or exists)

    def _started(self) -> Any:
        """What is announced where strangers may not look yet."""
        found = self.stage.editor("package_search", fq=f"name:{SLUG}", include_private=True)["results"]
        told = {extra["key"]: extra["value"] for show in found for extra in show["extras"]}
        return json.loads(told.get("publica_moving", "null"))

    def _did(self, who: Who, verb: str, how: dict[str, Any], ran: Ran) -> None:
        """What is known now."""
        if not self.shared:
            self.informed = ({who} if who in self.informed else set()) if verb != "verify" else self.informed
            if verb == "erase":
                self.informed = {who}
        if how.get("overwrite") and self.model.touched:
            self.model.disturbed, self.model.edits = not ran.status, []
        if verb == "withdraw" and ran.status:
            self.model.edits = [each for each in self.model.edits if not each.resource]  # what they were to is gone
        if verb == "erase" and ran.status:
            self.model.erased |= self.model.erasing
            self.model.erasing = set()
        if verb == "erase":
            self.share()

    def _fuller(self) -> Who:
        return max(("A", "B"), key=lambda who: len(self.archives[who].state(SLUG).numbers))

    def _bytes_of_erased(self) -> list[str]:
        gone = only_erased(self.stage.line, self.model.erased)
        if not gone or self.model.disturbed:
            return []
        return [f"bytes of an erased version: {path}" for path, digest in self._stored() if digest in gone]

    def _stored(self) -> list[tuple[str, str]]:
        """What lies on the portal's disk: the resource's id, and the SHA-256 of its file."""
        root = self.stage.portal.folder / "storage" / "resources"
        files = [path for path in root.rglob("*") if path.is_file()] if root.exists() else []
        return [("".join(p.relative_to(root).parts), hashlib.sha256(p.read_bytes()).hexdigest()) for p in files]

    def _orphans(self, seen: Seen) -> list[str]:
        """Tables that no resource has."""
        query = {"resource_id": "_table_metadata", "limit": 1000}
        tables = {held["name"] for held in self.stage.editor("datastore_search", **query)["records"]}
        ours = {held["id"] for held in seen.ours if held["datastore_active"]}
        return [f"a table of no resource: {name}" for name in sorted(tables - ours) if len(name) == 36]

    def _note(self, what: str, *ran: Ran) -> None:
        self.journal.append(f"{time.strftime('%X')} {what}: {'; '.join(_short(each) for each in ran)}")

    def _told(self, *wrong: str) -> str:
        return "\n".join(["", *self.journal, "-" * 20, *wrong])


def _short(ran: Ran) -> str:
    return ran.status or ", ".join(ran.refused) or "killed"
