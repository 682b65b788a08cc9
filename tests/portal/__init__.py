"""A real CKAN portal for tests and for people: PostgreSQL, Redis, Apache Solr, CKAN with DataStore, activity and views.

    .venv/bin/python -m tests.portal [--ckan 2.12] [--port 0]

`prepare` installs what a portal is made of, once; `portal` starts, resets and stops one, `founding` is its first start
ever; `servers` are its four processes, which a test may kill; `fixtures` is what tests ask for. Nothing here is a
stand-in, and nothing needs root: where root starts it, an ordinary user of its own (`account`) runs it all.
"""
