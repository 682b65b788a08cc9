"""Readers all through many publications and rollbacks (G2): each look finds a whole checked version, never less."""

from __future__ import annotations

import ctypes
import json
import mmap
import os
import time
from datetime import datetime
from typing import Any

from pipelines.files import sha256
from pipelines.portals.folder import Folder
from pipelines.portals.metadata import About

LOOKS = 20


class Counters(ctypes.Structure):
    """What reader and publisher tell one another. `fewest`: looks during the publication that had the fewest."""

    _fields_ = (("looks", ctypes.c_long), ("fewest", ctypes.c_long))


def test_a_reader_only_ever_sees_whole_versions(
    portal: Folder, maker: Any, about: About, now: datetime, forked: Any
) -> None:
    versions = [maker.checked(f"1.{n}.0", [("2019-S1", n), ("2019-S2", 2 * n)]) for n in range(6)]
    known = {v.number: {f["path"]: f["sha256"] for f in v.manifest["files"]} for v in versions}
    order = [*versions, versions[0], versions[4], versions[1], versions[5], versions[2]]
    portal.publish(versions[0], about, now)
    counters = Counters.from_buffer(mmap.mmap(-1, ctypes.sizeof(Counters)))
    counters.fewest = 1 << 30

    def publish_all() -> None:
        for version in order[1:]:
            before = counters.looks
            portal.publish(version, about, now)
            counters.fewest = min(counters.fewest, counters.looks - before)

    def slowly(_step: int, _event: str) -> None:
        time.sleep(0.002)

    publisher = os.fork()
    if publisher == 0:
        code = 9
        try:
            code = forked.run(publish_all, slowly)
        finally:
            os._exit(code)

    public, seen, unsure = portal.root / "paralegals", set[str](), 0
    while os.waitpid(publisher, os.WNOHANG) == (0, 0):
        first = (public / "dataset.json").read_bytes()
        table = (public / "latest/data/observations.csv").read_bytes()
        zipped = (public / "paralegals.zip").read_bytes()
        page = (public / "index.html").read_bytes()
        summary = json.loads((public / "version.json").read_bytes())
        second = (public / "dataset.json").read_bytes()
        value = json.loads(first)
        number = value["version"]
        assert sha256(table) in {files["package/data/observations.csv"] for files in known.values()}
        assert f"paralegals-{number}.zip" in known[number]
        if first == second:  # nothing moved between: all of it is of one version
            seen.add(number)
            assert sha256(table) == known[number]["package/data/observations.csv"]
            assert sha256(zipped) == known[number][f"paralegals-{number}.zip"]
            assert {f["path"]: f["sha256"] for f in value["files"]}["data/observations.csv"] == sha256(table)
            assert summary["version"] == number
            assert f'"version": "{number}"'.encode() in page
        else:
            unsure += 1
        counters.looks += 1
    there = portal.current("paralegals")
    assert there is not None
    assert there.version == order[-1].number
    assert counters.fewest >= LOOKS
    assert seen == set(known)
    assert unsure < counters.looks / 10


def test_a_reader_who_is_in_the_middle_keeps_what_it_was_reading(
    portal: Folder, maker: Any, about: About, now: datetime
) -> None:
    portal.publish(maker.checked("1.0.0"), about, now)
    inside = os.open(portal.root / "paralegals", os.O_RDONLY | os.O_DIRECTORY)
    try:
        portal.publish(maker.checked("1.1.0"), about, now)
        with open("latest/report.json", opener=lambda path, flags: os.open(path, flags, dir_fd=inside)) as report:
            assert json.load(report)["version"] == "1.0.0"
    finally:
        os.close(inside)
