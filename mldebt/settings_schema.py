"""The JSON schema of the settings, generated from their types: for editors and for SchemaStore."""

from __future__ import annotations

from typing import Any

import msgspec

from mldebt.settings import Settings


def settings_schema() -> dict[str, Any]:
    """The schema (draft 2020-12) of `mldebt.toml`, and of the table `[tool.mldebt]`."""
    (schema,), components = msgspec.json.schema_components([Settings], ref_template="#/$defs/{name}")
    for definition in components.values():
        if definition.get("type") == "object" and "properties" in definition:
            definition["additionalProperties"] = False
            for described in definition["properties"].values():
                described.pop("default", None)  # an empty default tells an editor nothing
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Settings of mldebt",
        **schema,
        "$defs": components,
    }
