"""One module per place that a source can come from: a file, a web address, a database, another package."""
