"""The CKAN portal: versions published through the Action API, with an editor's token and no plugin assumed."""
