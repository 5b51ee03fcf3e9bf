// balance.js - what the books of a sensor say: does every record and every packet stand somewhere?
import { parseTime } from "../format.js";

const SILENT_MS = 30000; // statistics come every 10 s
const SETTLED_MS = 20000;
const DROP_BAD = 0.001;

function sum(rows, pick) {
  return rows.reduce((total, row) => total + (pick(row) || 0), 0);
}

// generated = archived + dead + in Redis + in spool + shed, over all runs of the sensor. The spool's
// figure is the sensor's last word and may be older than the archive's, so it is cut to what fits;
// what is left over waits in Redis as long as that holds unacknowledged entries, and is missing
// otherwise.
export function delivery(sensor, waitingInRedis) {
  const runs = sensor.epochs ?? [];
  const generated = sum(runs, (e) => e.generated), archived = sum(runs, (e) => e.archived);
  const dead = sum(runs, (e) => e.dead);
  const shed = sum(runs, (e) => (e.shed?.spool_full || 0) + (e.shed?.spool_error || 0));
  const left = Math.max(0, generated - archived - dead - shed);
  const spool = Math.min(left, sum(runs, (e) => e.spooled));
  const redis = Math.min(left - spool, waitingInRedis);
  return { generated, archived, dead, shed, spool, redis, missing: left - spool - redis };
}

export function packets(sensor) {
  const runs = (sensor.epochs ?? []).map((e) => e.packets).filter(Boolean);
  const ignored = (p) => Object.values(p.ignored ?? {}).reduce((a, n) => a + (Number(n) || 0), 0);
  const seen = sum(runs, (p) => p.seen), inspected = sum(runs, (p) => p.inspected);
  const dropped = sum(runs, (p) => p.dropped), out = sum(runs, ignored);
  return { seen, inspected, ignored: out, dropped, missing: Math.max(0, seen - inspected - out - dropped) };
}

// A sensor that reads a file ends with it; its silence is no fault. The kernel hands packets only to
// one that listens.
function readsFile(sensor, p) {
  return p.seen > 0 && !(sensor.stats?.stats?.capture?.kernel_packets > 0);
}

// The gravest first; "ok" when there is nothing to say.
export function verdict(sensor, d, p, now) {
  const found = [];
  if (!sensor.received) return ["unknown"];
  const age = now - parseTime(sensor.received);
  if (age > SETTLED_MS && d.missing > 0) found.push("unbalanced");
  if (p.missing > 0) found.push("unbalanced");
  if (age > SILENT_MS && !readsFile(sensor, p)) found.push("silent");
  if (d.shed > 0) found.push("shedding");
  if (p.seen && p.dropped / p.seen > DROP_BAD) found.push("dropping");
  if (d.spool + d.redis > 1000) found.push("backlog");
  if (found.length) return [...new Set(found)];
  return [age > SILENT_MS ? "ended" : "ok"];
}

export const BAD = new Set(["unbalanced", "silent", "shedding", "dropping"]);
