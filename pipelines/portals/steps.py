"""The steps of every change on a folder portal: show a new state, read it back, and end what a dead publisher began.

Each step leaves the old or the new for readers, and may be taken again after a crash. The caller holds the lock of the
shelf. What is shown is decided in `state.py`, when in `folder.py`.
"""

from __future__ import annotations

from datetime import datetime

from pipelines.errors import UserError
from pipelines.files import sha256_file
from pipelines.findings import Finding
from pipelines.portals.drift import changed, drift
from pipelines.portals.receipt import Receipt, Stamp
from pipelines.portals.shelf import Shelf
from pipelines.portals.state import State, published_state, tombstone_state


def settled(shelf: Shelf) -> Receipt | None:
    """The receipt of what stands there. Raises UserError with what somebody changed by hand."""
    state = shelf.state() or shelf.last_confirmed()  # somebody may have deleted the public link
    if state is None:
        return None
    receipt = shelf.receipt(state)
    findings = drift(shelf.public, receipt) if receipt else [Finding("portal-no-receipt", dataset=shelf.slug)]
    if findings:
        raise UserError(findings)
    return receipt


def show(shelf: Shelf, state: State) -> Receipt:
    """Show `state` to the public and read it back.

    Raises UserError, with the last good state in its place, where what is read is not what was written.
    """
    before = shelf.state()
    name = shelf.make_state(state.files, state.receipt)
    shelf.switch(name)
    receipt = shelf.receipt(name)
    findings = _unlike(shelf, receipt) if receipt else [Finding("portal-no-receipt", dataset=shelf.slug)]
    if receipt is None or findings:
        shelf.switch(before)
        shelf.clean()
        raise UserError(findings)
    shelf.confirm(name)
    shelf.clean()
    return receipt


def recover(shelf: Shelf) -> None:
    """End what a publisher that died had begun: rubbish, an erasure, a switch that nobody read back."""
    shelf.clean()
    state = shelf.state()
    receipt = shelf.receipt(state)
    if state and not shelf.confirmed(state):
        if receipt and not _unlike(shelf, receipt):
            shelf.confirm(state)
        else:
            shelf.switch(shelf.last_confirmed())
        shelf.clean()
    finish_erasures(shelf)
    if receipt := shelf.receipt(shelf.state()):
        shelf.hide(receipt.status != "published")


def bury(shelf: Shelf, state: State, present: Receipt) -> Receipt:
    """Show a tombstone, unless it stands there; of what stood before it nothing is kept."""
    receipt = present if state.receipt.signature == present.signature else show(shelf, state)
    shelf.hide(True)
    shelf.clean(keep_previous=False)
    return receipt


def finish_erasures(shelf: Shelf) -> None:
    """Take versions that are recorded as erased out of the public's sight, then off the disk."""
    erased, records = shelf.erasures(), shelf.kept()
    pending = [number for number in erased if number in records or (shelf.versions / number).exists()]
    if not pending:
        return
    present = shelf.receipt(shelf.state())
    newest = max(erased.values(), key=lambda record: record["at"])
    now = datetime.fromisoformat(newest["at"])
    if present and present.status == "published" and present.version not in erased:
        package = shelf.versions / present.version
        about = dict(present.metadata)
        state = published_state(shelf.slug, present.version, about, records, erased, package, now, present)
        if state.receipt.signature != present.signature:
            show(shelf, state)
        shelf.clean(keep_previous=False)
    elif present and present.status == "withdrawn" and records.keys() - erased.keys():
        reason = present.metadata["reason"]
        bury(shelf, tombstone_state(present, "withdrawn", reason, erased, now), present)
    elif present:
        bury(shelf, tombstone_state(present, "erased", newest["reason"], erased, now), present)
    else:
        shelf.clean(keep_previous=False)
    for number in pending:
        shelf.remove_version(number)


def _unlike(shelf: Shelf, receipt: Receipt) -> list[Finding]:
    """What a stranger at the dataset's public address is given that is not what was written there."""
    return [
        Finding("portal-read-back", dataset=shelf.slug, params={"path": f"{shelf.slug}/{file.path}"})
        for file in receipt.files
        if not _reads_back(shelf, receipt, file)
    ]


def _reads_back(shelf: Shelf, receipt: Receipt, file: Stamp) -> bool:
    """True where a public file is its stamp; of versions that are not the current one, size and time are enough."""
    path, current = shelf.public / file.path, f"versions/{receipt.version}/"
    try:
        if file.path.startswith(current):
            latest = shelf.public / "latest" / file.path.removeprefix(current)
            return path.samefile(latest) and sha256_file(latest) == file.sha256
        if file.path.startswith("versions/"):
            return not changed(path, file)
        return sha256_file(path) == file.sha256
    except OSError:
        return False
