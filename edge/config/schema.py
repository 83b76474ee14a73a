"""The configuration as JSON Schema 2020-12, for editors: `campus-edge schema` prints it.

It knows forms, not meaning: what `check` refuses beyond it (references, contradictions, files) is no editor's to see.
"""

from typing import Any

import msgspec

from edge.config.model import Config

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """One document; sections are under `$defs`."""
    (root,), parts = msgspec.json.schema_components([Config], ref_template="#/$defs/{name}")
    return {
        "$schema": DIALECT,
        "title": "campus-edge configuration",
        **root,
        "$defs": parts,
    }
