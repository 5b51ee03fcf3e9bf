"""The part of JSON Schema 2020-12 that common/alert.schema.json uses; anything else is refused, so
that a schema never says more than is checked."""
import re

TYPES = {
    "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list),
    "string": lambda v: isinstance(v, str),
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "number": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
    "boolean": lambda v: isinstance(v, bool),
}
CHECKED = {"type", "const", "enum", "minimum", "maximum", "pattern", "items", "required", "properties",
           "additionalProperties", "$ref"}
IGNORED = {"$schema", "$defs", "title", "description"}


class Schema:
    def __init__(self, root):
        self.root = root

    def faults(self, value, rule=None, at="alert"):
        """What is wrong with value, one line each; an empty list when nothing is."""
        rule = self.root if rule is None else rule
        unknown = set(rule) - CHECKED - IGNORED
        if unknown:
            raise ValueError(f"schema keyword not understood: {', '.join(sorted(unknown))}")
        if "$ref" in rule:
            return self.faults(value, self.root["$defs"][rule["$ref"].rsplit("/", 1)[1]], at)
        if "type" in rule and not TYPES[rule["type"]](value):
            return [f"{at}: {value!r} is no {rule['type']}"]
        found = list(self.plain(value, rule, at))
        if isinstance(value, dict):
            found += self.members(value, rule, at)
        if isinstance(value, list) and "items" in rule:
            for i, item in enumerate(value):
                found += self.faults(item, rule["items"], f"{at}[{i}]")
        return found

    def plain(self, value, rule, at):
        if "const" in rule and value != rule["const"]:
            yield f"{at}: {value!r} is not {rule['const']!r}"
        if "enum" in rule and value not in rule["enum"]:
            yield f"{at}: {value!r} is none of {rule['enum']}"
        if "minimum" in rule and value < rule["minimum"]:
            yield f"{at}: {value} is below {rule['minimum']}"
        if "maximum" in rule and value > rule["maximum"]:
            yield f"{at}: {value} is above {rule['maximum']}"
        if "pattern" in rule and not re.search(rule["pattern"], value):
            yield f"{at}: {value!r} does not match {rule['pattern']}"

    def members(self, value, rule, at):
        known = rule.get("properties", {})
        found = [f"{at}: {name} is missing" for name in rule.get("required", []) if name not in value]
        if rule.get("additionalProperties") is False:
            found += [f"{at}: {name} is not allowed" for name in value if name not in known]
        for name, sub in known.items():
            if name in value:
                found += self.faults(value[name], sub, f"{at}.{name}")
        return found
