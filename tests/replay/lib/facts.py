"""What a case says about a run, held against the records of eve.json. Each function yields one line
for each thing that is not so."""


def field(record, path):
    """record["http"]["hostname"] for "http.hostname"; None when it is not there."""
    for name in path.split("."):
        if isinstance(record, list):
            record = record[int(name)] if name.isdigit() and int(name) < len(record) else None
        elif isinstance(record, dict):
            record = record.get(name)
        else:
            return None
    return record


def fits(record, wanted):
    return all(field(record, path) == value for path, value in wanted.items())


def counted(name, found, fact):
    """`at_least` (default 1), `at_most` or `exactly` of what was found."""
    if "exactly" in fact:
        if found != fact["exactly"]:
            yield f"{name}: {found} instead of {fact['exactly']}"
        return
    least = fact.get("at_least", 0 if "at_most" in fact else 1)
    if found < least:
        yield f"{name}: {found}, at least {least} expected"
    if found > fact.get("at_most", found):
        yield f"{name}: {found}, at most {fact['at_most']} expected"


def alert_facts(case, records):
    alerts = [r for r in records if r["event_type"] == "alert"]
    for fact in case.get("alerts", []):
        gid = fact.get("gid", 1)
        wanted = {"alert.signature_id": fact["sid"], "alert.gid": gid, **fact.get("with", {})}
        yield from counted(f"alert {gid}:{fact['sid']} {fact.get('with', '')}", sum(fits(a, wanted) for a in alerts), fact)
    if case.get("quiet"):
        for alert in alerts:
            a = alert["alert"]
            yield f"should be quiet: {a['gid']}:{a['signature_id']} {a['signature']} ({alert.get('src_ip')} to {alert.get('dest_ip')})"


def record_facts(case, records):
    for fact in case.get("records", []):
        wanted = {"event_type": fact["type"], **fact.get("with", {})}
        found = sum(fits(r, wanted) for r in records)
        yield from counted(f"{fact['type']} {fact.get('with', '')}", found, fact)


def numbering(records):
    """Every record that went to the wire has its number: 1, 2, 3 ... without a hole."""
    numbers = sorted(r["sekisho"]["seq"] for r in records if "sekisho" in r)
    if numbers != list(range(1, len(numbers) + 1)):
        yield f"numbers on the wire have holes: {numbers[:5]} ... of {len(numbers)}"
