"""Stories on the real portal: publishers, hands and mishaps in any order, and what must hold after every step.

`world.py` tells one, `protocol.py` knows what strangers may be shown, `stage.py` is where it takes place. The test that
makes stories up, and those that once went wrong, are in tests/portals/ckan/test_protocol.py.
"""
