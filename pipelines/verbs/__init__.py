"""The verbs of `publica`, a module for each time in a dataset's life; what they have in common is in `verb.py`.

They read the words and call `commands/` and `observe/`; `cli.py` puts them in their order.
"""
