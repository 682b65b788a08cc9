"""Sources: from wherever data is held to its bytes, kept with their hash, and from bytes to cells of text.

`fetch.py` gets the bytes (one file per origin in `origins/`), `read.py` makes a raw table of them (one file per format
in `formats/`). What the cells mean is decided in `tables/`.
"""
