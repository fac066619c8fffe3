"""The JSON Schema of a gracekeeper.toml, made from the table of keys; for editors and for CI."""

from __future__ import annotations

from typing import Any

from supervisor.config import kinds
from supervisor.config.shape import DOCTOR, SERVICE, SERVICES, TOP, Key, Table

Schema = dict[str, Any]


def schema() -> Schema:
    """Return it, as draft 2020-12."""
    services = {
        "description": "The services, each a table [services.NAME].",
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"pattern": f"^{kinds.SERVICE}$"},
        "additionalProperties": {"$ref": "#/$defs/service"},
    }
    doctor = {"description": "Settings of `gracekeeper doctor`.", "type": "object"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "gracekeeper.toml",
        "description": "Several services in one container, kept by gracekeeper. A string may hold"
        " ${NAME} and ${NAME:-default}; $$ is a dollar sign.",
        "type": "object",
        "properties": {**_properties(TOP), SERVICES: services, DOCTOR: doctor},
        "required": [SERVICES],
        "additionalProperties": False,
        "$defs": {"service": _table(SERVICE)},
    }


def _table(table: Table) -> Schema:
    found: Schema = {
        "type": "object",
        "properties": _properties(table.keys),
        "additionalProperties": False,
    }
    if needed := [key.name for key in table.keys if key.needed]:
        found["required"] = needed
    if table.one_of:
        found["oneOf"] = [{"required": [name]} for name in table.one_of]
    return found


def _properties(keys: tuple[Key, ...]) -> Schema:
    return {key.name: {"description": described(key), **_value(key.kind)} for key in keys}


def _value(kind: kinds.Kind | Table) -> Schema:
    if isinstance(kind, kinds.Kind):
        return dict(kind.schema)
    if kind.several:
        return {"type": "array", "minItems": 1, "items": _table(kind)}
    return _table(kind)


def described(key: Key) -> str:
    """Return what a key means, and what holds without it."""
    return f"{key.help} Default: {key.default}." if key.default else key.help
