"""Records against a JSON Schema, compiled once: the alert's on the wire, and what --dump-schema prints."""
import json
import subprocess

import fastjsonschema


class Schema:
    """One schema; faults() says in a line what is wrong with a value, or nothing."""

    def __init__(self, rule):
        self.check = fastjsonschema.compile(rule)

    def faults(self, value):
        try:
            self.check(value)
            return []
        except fastjsonschema.JsonSchemaException as error:
            return [f"schema: {error.message}: {json.dumps(value)[:600]}"]


class Records:
    """The sensor's own schema, one check an event type."""

    def __init__(self, sensor):
        root = json.loads(subprocess.run([sensor, "--dump-schema"], capture_output=True, check=True).stdout)
        # Of alternatives only the one that fits says why the others do not: a lone one says more.
        self.checks = {name: Schema(rule["anyOf"][0] if len(rule["anyOf"]) == 1 else rule)
                       for name, rule in root["$defs"].items()}

    def faults(self, record):
        check = self.checks.get(record["event_type"])
        return check.faults(record) if check else [f"no schema for event type {record['event_type']}"]
