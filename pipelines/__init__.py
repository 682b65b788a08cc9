"""publica: sources in, checked and numbered open data packages out. One room per stage; data flows one way.

The order of the rooms is in the README. Nothing is imported here, so that the command line starts at once.
"""
