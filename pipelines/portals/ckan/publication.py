"""One change of one dataset on a CKAN portal, from the first look to the receipt: look, work out, write, read back.

The single steps and what holds between them are in `steps.py`; what has to be written is found in `work.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from pipelines.errors import UserError
from pipelines.findings import Finding, blocking
from pipelines.languages import Language
from pipelines.portals.ckan import adopted, ids
from pipelines.portals.ckan.api import Refused, Unsure
from pipelines.portals.ckan.audit import audit
from pipelines.portals.ckan.desired import ERASED, Desired, published, shown_again
from pipelines.portals.ckan.fields import Fields, reason_fields
from pipelines.portals.ckan.files import file_of
from pipelines.portals.ckan.in_the_way import hand_edits, refuse_others
from pipelines.portals.ckan.moving import is_starting, moving
from pipelines.portals.ckan.preflight import explained
from pipelines.portals.ckan.read_back import read_back
from pipelines.portals.ckan.receipts import receipt_of, reuploaded
from pipelines.portals.ckan.sending import Moved
from pipelines.portals.ckan.site import Site
from pipelines.portals.ckan.steps import carry_out
from pipelines.portals.ckan.undoing import undoing
from pipelines.portals.ckan.unfit import unfit
from pipelines.portals.ckan.view import MOVING, SIGNATURE, Value, extras, view
from pipelines.portals.ckan.work import Work, work
from pipelines.portals.gate import CheckedVersion
from pipelines.portals.metadata import About, newest_first
from pipelines.portals.portal import Agreed, Archived, anything
from pipelines.portals.receipt import Receipt
from pipelines.portals.state import iso

ATTEMPTS = 4  # before somebody else's changes in the middle are given in to
# What another run would not get through either: so what stood there comes back, and does not stay half changed.
FINAL = ("ckan-table-unequal", "ckan-invalid", "ckan-too-large", "ckan-permanent")


@dataclass(frozen=True)
class Publication:
    """A change of the dataset `slug`. `last`: the receipt of our last write, by our own record."""

    site: Site
    slug: str
    now: datetime
    last: Receipt | None
    archived: Archived
    overwrite: bool
    seen: list[Value | None] = field(default_factory=list["Value | None"])  # a first look that was taken already

    def of(self, version: CheckedVersion, about: About, older: Sequence[CheckedVersion]) -> Work:
        """What has to be written to show `version`. Raises UserError with all that stands in the way."""
        present = self._present()
        older = (*older, *self._taken_away(present, {version.number, *(one.number for one in older)}))
        self._refuse_erased(present, (version, *older))
        self._refuse_others(present, (version, *older))
        keep, before = self._keep(present), adopted.names(present, self.last)
        shown = self._as_described(present)
        want = published(version, about, self.site.portal, shown, keep, older, self.now, before)
        self._refuse_unfit(want)
        want = self._mended(present, want)
        return work(self.site, self.slug, present, want, self.archived, version.number, overwrite=self.overwrite)

    def as_adopted(self, version: CheckedVersion, about: About) -> bool:
        """Whether what stands there was adopted as just this version, so that nothing is to be written."""
        told = self.last.metadata.get(adopted.ABOUT) if self.last else None
        if self.overwrite or self.last is None or (self.last.manifest, told) != (version.digest, about.to_json()):
            return False
        return adopted.is_adopted(self._present(), self.last)

    def withdrawal(self, reason: Mapping[Language, str]) -> Work:
        """What has to be written to take all data away."""
        present = self._present()
        if present is None or extras(present).get("publica_status") == "erased":
            raise UserError(Finding("portal-not-published", dataset=self.slug))
        return self._tombstone(present, "withdrawn", reason)

    def erasure(self, numbers: Sequence[str] | None, reason: Mapping[Language, str]) -> Work:
        """What has to be written to remove versions (None: all) for good; all data if the current one is among them."""
        present = self._present() or {}
        told, current = extras(present), present["version"]
        status, before, history = told["publica_status"], ids.read_json(told.get(ERASED)), self._history(present)
        wanted = history if numbers is None else numbers
        why = {"reason": reason.get("en", ""), "at": iso(self.now)}
        new = {n: {**why, "manifest": history[n]} for n in wanted if n in history and n not in before}
        erased = before | new
        words = Fields({}, {ERASED: json.dumps(erased, ensure_ascii=False)} if erased else {})
        if new and (current in erased if status == "published" else history.keys() <= erased.keys()):
            return self._tombstone(present, "erased", reason, words)
        announced = moving(present)
        if announced and announced.to in ("withdrawn", "erased"):  # a run died that was taking all away
            return self._tombstone(present, announced.to, reason, words)
        gone = {held["id"] for held in present["resources"] if held.get(ids.VERSION) in erased}
        want = shown_again(self._as_described(present) or {}, self.site.portal, words, self.now, gone=gone)
        want = self._mended(present, want) if announced else want
        return work(self.site, self.slug, present, want, self.archived, str(current or status), overwrite=True)

    def erase(self, numbers: Sequence[str] | None, reason: Mapping[Language, str]) -> Receipt | None:
        """Remove versions for good. None where strangers see nothing of the dataset."""
        present = self.site.show(self.slug)
        if self.last and adopted.is_adopted(present, self.last):
            if numbers is not None and self.last.version not in numbers:
                return None
            return self.carry_out(lambda: self._tombstone(self._present() or {}, "erased", reason))
        if present is None or "publica_status" not in extras(present):
            return None
        return self.carry_out(lambda: self.erasure(numbers, reason))

    def carry_out(self, plan: Callable[[], Work], agreed: Agreed = anything) -> Receipt:
        """Do what `plan` finds, and read it back. Raises UserError; what stood there is then put back, or announced."""
        for _ in range(ATTEMPTS):
            todo = plan()
            agreed(todo.writes())
            try:
                if not todo.empty:
                    carry_out(self.site, todo)
            except Moved:
                continue
            except UserError as error:
                if all(finding.code not in FINAL for finding in error.findings):
                    raise
                raise UserError([*error.findings, *self._put_back(todo)]) from None
            show, findings = read_back(self.site, todo)
            if findings:
                raise UserError([*findings, *self._put_back(todo)])
            if todo.empty and (unread := self._unread(show)):
                raise UserError(unread)
            return receipt_of(self.site, show)
        raise UserError(Finding("ckan-moved", dataset=self.slug))

    # --- looking ----------------------------------------------------------------------------------------------------

    def _unread(self, show: Value) -> list[Finding]:
        """What is wrong with all that a run of ours wrote, if it could not read it back, or write down that it had."""
        if self.last and self.last.signature == extras(show).get(SIGNATURE, ""):
            return []
        return blocking(audit(self.site, self.slug, show, self.archived))

    def _present(self) -> Value | None:
        """The dataset as it stands, if it may be changed. Raises UserError with what somebody changed by hand."""
        present = self.seen.pop() if self.seen else self.site.show(self.slug)
        refuse_others(self.site, self.slug, present, self.last, overwrite=self.overwrite)
        if present is not None and not self.overwrite:
            findings = hand_edits(self.site, self.slug, present, self.last)
            findings = findings or reuploaded(self.site, self.slug, present, self.last)
            if findings:
                raise UserError(findings)
        return adopted.as_ours(present, self.last)

    def _keep(self, present: Value | None) -> Value:
        """The view whose foreign parts stay: all that are there; where edits are undone, those that we knew of."""
        if self.overwrite:
            return (self.last.metadata.get("view") if self.last else None) or view({})
        return self.site.view(present or {})

    def _taken_away(self, present: Value | None, named: Collection[str]) -> list[CheckedVersion]:
        """The versions that a withdrawal took away, perhaps a moment ago: all are there again with the one shown."""
        told = extras(present or {})
        there, erased = ids.read_json(told.get("publica_versions")), ids.read_json(told.get(ERASED))
        gone = [number for number in there if number not in erased and number not in named]
        return [version for number in newest_first(gone) if (version := self.archived(number))]

    def _refuse_erased(self, present: Value | None, versions: Sequence[CheckedVersion]) -> None:
        erased = ids.read_json(extras(present or {}).get(ERASED))
        if wrong := [one.number for one in versions if one.number in erased]:
            raise UserError(Finding("portal-erased-version", dataset=self.slug, params={"version": n}) for n in wrong)

    def _refuse_others(self, present: Value | None, versions: Sequence[CheckedVersion]) -> None:
        """Raise UserError for a version whose number the portal knows with another content."""
        present = present or {"resources": []}
        kept = ids.kept_versions(present["resources"])
        wrong = [v.number for v in versions if v.number in kept and self._manifest(present, v.number) != v.digest]
        if wrong:
            raise UserError(Finding("portal-other-version", dataset=self.slug, params={"version": n}) for n in wrong)

    def _refuse_unfit(self, want: Desired) -> None:
        """Raise UserError with all that this portal cannot take, before anything is written."""
        if findings := unfit(self.site.portal, want):
            raise UserError(finding.within(dataset=self.slug) for finding in findings)

    def _as_described(self, present: Value | None) -> Value | None:
        """What is shown, with files and dates as we last told them, where it is mended; no files that never were."""
        if present is None:
            return None
        announced = moving(present)
        begun = {held["id"] for held in present["resources"] if held.get(ids.KEY) and is_starting(present)}
        begun |= set(announced.new if announced else ())
        present = {**present, "resources": [held for held in present["resources"] if held["id"] not in begun]}
        if not self._mends(present) or self.last is None:
            return present
        if extras(present).get(SIGNATURE) != self.last.signature:
            return present  # it has moved on since
        known: Value = self.last.metadata.get("view") or view({})
        ours: Value = known["resources"]
        seen: Value = self.site.view(present)["resources"]

        def described(held: Value) -> Value:
            told: Value | None = ours.get(held["id"])
            if told is None:
                return held
            bare = {key: value for key, value in held.items() if key in told or key not in seen[held["id"]]}
            return {**bare, **told} if held.get("url_type") != "upload" else {**bare, **told, "url": held["url"]}

        there = {held["id"] for held in present["resources"]}
        resources = [described(held) for held in present["resources"]]
        resources += [told for key, told in ours.items() if key not in there]
        order = {key: n for n, key in enumerate(known["order"])}
        resources.sort(key=lambda held: order.get(held["id"], len(order)))
        dates: Mapping[str, str] = self.last.metadata.get("dates", {})
        told = [extra for extra in present["extras"] if extra["key"] not in dates]
        told += [{"key": name, "value": date} for name, date in dates.items() if name not in self.site.portal.fields]
        fields = {name: date for name, date in dates.items() if name in self.site.portal.fields}
        return {**present, **fields, "resources": resources, "extras": told}

    def _mends(self, present: Value | None) -> bool:
        """Whether what stays is looked at, too: edits are undone, or a run died that may have changed it."""
        return present is not None and (self.overwrite or moving(present) is not None)

    def _mended(self, present: Value | None, want: Desired) -> Desired:
        """`want` with zips, replaced files and their rows as the archive has them, where it is mended."""
        if not self._mends(present):
            return want
        files, specs, announced = dict(want.files), list(want.tables), moving(present)
        begun = {*announced.files, *announced.tables} if announced else set[str]()
        for held in want.dataset["resources"]:
            stays = held.get(ids.KEY) and held["id"] not in files and (self.overwrite or held["id"] in begun)
            version = self.archived(str(held.get(ids.VERSION))) if stays else None
            if version is None:
                continue
            file, spec = file_of(version, held, self.site.portal.language)
            if file and not self.site.holds(held):
                files[file.id] = file
            if spec and self.site.portal.datastore:
                specs.append(spec)
        return replace(want, files=files, tables=tuple(specs))

    # --- taking away ------------------------------------------------------------------------------------------------

    def _tombstone(
        self, present: Value, status: str, reason: Mapping[Language, str], more: Fields | None = None
    ) -> Work:
        told = extras(present)
        since = told.get("publica_since", "") if told.get("publica_status") == status else ""
        words = reason_fields(reason, since or iso(self.now), json.dumps(self._history(present)), self.site.portal)
        words.top |= {"version": ""}
        words.extras |= {"publica_status": status, "publica_manifest": "", **(more.extras if more else {})}
        words.extras[ids.ADOPTED] = adopted.names(present, self.last)
        want = shown_again(present, self.site.portal, words, self.now)
        return work(self.site, self.slug, present, want, self.archived, status, overwrite=self.overwrite)

    def _history(self, present: Value) -> dict[str, str]:
        """The manifests of all versions that stand there, or stood there when the data were taken away."""
        kept = ids.kept_versions(present["resources"])
        told = ids.read_json(extras(present).get("publica_versions"))
        return told | {number: self._manifest(present, number) for number in kept}

    def _manifest(self, present: Value, number: str) -> str:
        return str(ids.kept_versions(present["resources"]).get(number, {}).get("publica_manifest", ""))

    def _put_back(self, done: Work) -> list[Finding]:
        """Undo a change that did not read back. Returns what to say where that could not be done either."""
        try:
            now = self.site.show(self.slug)
            if done.present is None or done.hidden or now is None:
                self._hide(now, done)
                return []
            undo = undoing(self.site, self.archived, done, done.present, now)
            carry_out(self.site, undo)
            _, findings = read_back(self.site, undo)
        except (UserError, Moved):
            return [Finding("ckan-not-put-back", dataset=self.slug)]
        return [Finding("ckan-not-put-back", dataset=self.slug)] if findings else []

    def _hide(self, show: Value | None, done: Work) -> None:
        """A first publication goes back to where nobody sees it, and the next run takes it up there."""
        if show is not None:
            told = [extra for extra in show["extras"] if extra["key"] != MOVING]
            told.append({"key": MOVING, "value": done.announcement.text()})
            match = {"id": show["id"], "metadata_modified": show["metadata_modified"]}
            payload = {"match": match, "filter": ["-extras"], "update": {"private": True, "extras": told}}
            try:
                self.site.api.tell("package_revise", payload)
            except (Refused, Unsure) as error:
                raise explained(error, self.slug) from None
