"""Nothing unchecked is published (G1): each way round the gate, and the finding that stands in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import UserError
from pipelines.files import canonical_json, sha256
from pipelines.portals.gate import CheckedVersion, checked_version

SLUG = "paralegals"


def codes(maker: Any, number: str = "1.0.0") -> list[str]:
    with pytest.raises(UserError) as told:
        checked_version(maker.archive, SLUG, number)
    for finding in told.value.findings:
        assert finding.dataset == SLUG
        assert all(finding.text(language) for language in ("en", "ro", "ru"))
    return [finding.code for finding in told.value.findings]


@pytest.fixture
def version(maker: Any) -> Path:
    maker.make("1.0.0", [("2019-S1", 33)])
    checked_version(maker.archive, SLUG, "1.0.0")
    return maker.archive.version_folder(SLUG, "1.0.0")


def verdict_path(maker: Any) -> Path:
    return maker.archive.root / SLUG / "verdicts" / f"{maker.archive.recorded(SLUG, '1.0.0')['verdict']}.json"


def test_a_version_that_does_not_exist_is_refused(maker: Any) -> None:
    assert codes(maker) == ["gate-no-version"]


def test_a_version_copied_into_the_archive_by_hand_is_refused(maker: Any, version: Path) -> None:
    import shutil

    shutil.copytree(version, version.parent / "2.0.0")
    assert codes(maker, "2.0.0") == ["gate-unrecorded"]


def test_a_version_moved_to_the_place_of_another_is_refused(maker: Any, version: Path) -> None:
    maker.make("2.0.0", [("2019-S1", 34)])
    import shutil

    shutil.rmtree(version.parent / "2.0.0")
    version.rename(version.parent / "2.0.0")
    assert codes(maker, "2.0.0") == ["gate-manifest-changed"]


@pytest.mark.parametrize("name", ["package/data/observations.csv", "package/README.md", "paralegals-1.0.0.zip"])
def test_one_byte_changed_after_the_verdict_is_refused(maker: Any, version: Path, name: str) -> None:
    content = bytearray((version / name).read_bytes())
    content[-2] ^= 1
    (version / name).write_bytes(content)
    assert codes(maker) == ["gate-file-changed"]


def test_a_missing_and_an_extra_file_are_both_named(maker: Any, version: Path) -> None:
    (version / "package/README.md").unlink()
    (version / "package/data/secret.csv").write_text("a\n")
    assert codes(maker) == ["gate-file-missing", "gate-file-extra"]


def test_a_file_replaced_by_a_link_to_the_same_bytes_is_refused(maker: Any, version: Path, tmp_path: Path) -> None:
    (version / "package/README.md").rename(tmp_path / "README.md")
    (version / "package/README.md").symlink_to(tmp_path / "README.md")
    assert codes(maker) == ["gate-file-changed"]


def test_files_and_manifest_changed_together_are_refused(maker: Any, version: Path) -> None:
    (version / "package/README.md").write_text("changed")
    manifest = json.loads((version / "manifest.json").read_bytes())
    for file in manifest["files"]:
        if file["path"] == "package/README.md":
            file |= {"sha256": sha256(b"changed"), "bytes": 7}
    (version / "manifest.json").write_text(json.dumps(manifest))
    assert codes(maker) == ["gate-manifest-changed"]


def test_a_missing_verdict_is_refused(maker: Any, version: Path) -> None:
    verdict_path(maker).unlink()
    assert codes(maker) == ["gate-verdict-missing"]


def test_a_forged_verdict_is_refused(maker: Any, version: Path) -> None:
    verdict = json.loads(verdict_path(maker).read_bytes())
    verdict_path(maker).write_bytes(canonical_json({**verdict, "checks": 99}))
    assert codes(maker) == ["gate-verdict-missing"]  # what is not the content of its name is no verdict


def test_a_failed_verdict_is_refused(maker: Any) -> None:
    maker.findings = [{"code": "constraint-error", "severity": "block", "text": {}}]
    maker.make("1.0.0", [("2019-S1", 33)])
    assert codes(maker) == ["gate-verdict-blocks"]


def test_a_passing_verdict_on_other_content_is_refused(maker: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    keep = maker.archive.keep_verdict

    def another(slug: str, verdict: dict[str, Any]) -> str:
        return keep(slug, {**verdict, "content_hash": sha256(b"something else")})

    monkeypatch.setattr(maker.archive, "keep_verdict", another)
    maker.make("1.0.0", [("2019-S1", 33)])
    assert codes(maker) == ["gate-verdict-other"]


def test_data_that_no_longer_give_the_content_hash_are_refused(maker: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A version whose files, manifest and ledger agree, made of other data than were judged."""
    write = maker._write_package

    def tampering(package: Path, rows: Any, number: str) -> None:
        write(package, rows, number)
        commit = maker.archive.commit

        def late(slug: str, number: str, scratch: Path, manifest: bytes, record: Any) -> Any:
            data = scratch / "package/data/observations.csv"
            data.write_text(data.read_text().replace("33", "34"))
            value = json.loads(manifest)
            for file in value["files"]:
                if file["path"].endswith("observations.csv"):
                    file["sha256"] = sha256(data.read_bytes())
            return commit(slug, number, scratch, canonical_json(value), record)

        monkeypatch.setattr(maker.archive, "commit", late)

    monkeypatch.setattr(maker, "_write_package", tampering)
    maker.make("1.0.0", [("2019-S1", 33)])
    assert codes(maker) == ["gate-content"]


def test_a_checked_version_cannot_be_made_without_the_gate(version: Path) -> None:
    with pytest.raises(TypeError):
        CheckedVersion(SLUG, "1.0.0", version, {}, "", {}, object())
