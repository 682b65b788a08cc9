"""Reports compared with those of frictionless itself."""
