"""The portals: where versions are published. One file per kind; `open_portal` in `open.py` finds the kind of an address."""
