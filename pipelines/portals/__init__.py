"""The portals: where versions are published. One file per kind; `open.py` finds the one that an address means."""
