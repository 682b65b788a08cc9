"""Which portals there are to choose from, and the `ckan.ini` of one."""

from __future__ import annotations

import io
from collections.abc import Mapping
from configparser import RawConfigParser
from pathlib import Path

from tests.portal.account import account
from tests.portal.servers import Ports, solr_address

VARIANTS = ("2.12", "2.11", "2.10", "2.12-dcat")  # the first is meant when none is named

STOCK = "activity datastore datatables_view text_view"
DCAT = {
    "ckan.plugins": f"dcat structured_data scheming_datasets {STOCK}",
    "scheming.dataset_schemas": "ckanext.dcat.schemas:dcat_ap_full.yaml",
    "scheming.presets": "ckanext.scheming:presets.json ckanext.dcat.schemas:presets.yaml",
    "ckanext.dcat.rdf.profiles": "euro_dcat_ap_3",
}


class _Ini(RawConfigParser):
    def optionxform(self, optionstr: str) -> str:
        return optionstr  # as it is written


def configure(folder: Path, variant: str, ports: Ports, more: Mapping[str, str] | None = None) -> None:
    """Write `ckan.ini`: what CKAN generated, what every portal of this variant is told, and what is told besides."""
    told = {**_settings(variant, folder), **_addresses(ports), **(more or {})}
    parser = _Ini(delimiters=("=",))
    parser.read_string((folder / "generated.ini").read_text("utf-8"))
    for key, value in told.items():
        parser.set("app:main", key, value)
    text = io.StringIO()
    parser.write(text)
    account().write(folder / "ckan.ini", text.getvalue())


def _settings(variant: str, folder: Path) -> dict[str, str]:
    return {
        "ckan.site_id": "publica-tests",
        "ckan.site_title": "A portal for tests",
        "ckan.locale_default": "en",
        "ckan.storage_path": str(folder / "storage"),
        "ckan.webassets.path": str(folder / "webassets"),
        "ckan.max_resource_size": "2000",  # megabytes
        "ckan.plugins": STOCK,
        "ckan.views.default_views": "datatables_view text_view",
        "ckan.auth.user_create_organizations": "false",
        "ckan.auth.user_create_groups": "false",
        "solr_timeout": "5",  # seconds; a write against a hanging Solr takes twice that
        **(DCAT if variant.endswith("-dcat") else {}),
    }


def _addresses(ports: Ports) -> dict[str, str]:
    database = f"postgresql://{{}}@127.0.0.1:{ports.postgres}/{{}}"
    return {
        "ckan.site_url": f"http://127.0.0.1:{ports.web}",
        "sqlalchemy.url": database.format("ckan:ckan", "ckan"),
        "ckan.datastore.write_url": database.format("ckan:ckan", "datastore"),
        "ckan.datastore.read_url": database.format("ds_ro:ro", "datastore"),
        "ckan.redis.url": f"redis://127.0.0.1:{ports.redis}/0",
        "solr_url": solr_address(ports),
    }
