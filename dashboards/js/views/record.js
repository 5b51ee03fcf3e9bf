// record.js - one alert in full: facts, the detector's reasons, protocol objects, payload, record.
import { h, wire, visible } from "../dom.js";
import { t, tv } from "../words.js";
import * as api from "../api.js";
import * as format from "../format.js";
import * as router from "../router.js";
import * as parts from "../parts.js";
import { share } from "../charts.js";

// Objects of EVE that are shown as facts of their own; the rest is in the whole record.
const OBJECTS = ["http", "tls", "dns", "quic", "smtp", "email", "ssh", "smb", "ftp", "krb5", "fileinfo",
  "files", "anomaly", "flow", "tunnel", "app", "ndpi", "geoip", "metadata"];
const HIDDEN = /^(payload|payload_printable|packet|.*_body(_printable)?)$/;
const HEX_MAX = 4096;

// One value of the record, whatever its type; deep ones as JSON text.
function plain(value) {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}

function objectFacts(object) {
  const pairs = [];
  for (const [key, value] of Object.entries(object)) {
    if (HIDDEN.test(key)) continue;
    if (value && typeof value === "object" && !Array.isArray(value)) {
      for (const [inner, deep] of Object.entries(value))
        pairs.push([visible(`${key}.${inner}`), wire(plain(deep), "mono")]);
    } else {
      pairs.push([visible(key), wire(plain(value), "mono")]);
    }
  }
  return parts.facts(pairs);
}

function section(title, ...content) {
  return h("section", {}, h("h3", {}, title), content);
}

function location(alert) {
  const as = alert.asn ? `AS${alert.asn} ${visible(alert.as_name)}` : "";
  return [alert.country && visible(alert.country), as].filter(Boolean).join(" · ");
}

function head(alert) {
  return h("header", { class: "record-head" },
    h("div", { class: "record-marks" }, parts.severity(alert.severity), parts.drillMark(alert),
      h("span", { class: "muted" }, wire(alert.category))),
    h("h2", {}, wire(alert.signature)),
    h("p", { class: "record-flow" }, parts.endpoint(alert.src_ip, alert.src_port),
      h("span", { class: "arrow" }, " → "), parts.endpoint(alert.dest_ip, alert.dest_port),
      h("span", { class: "muted" }, ` ${visible(alert.proto)} ${visible(alert.app_proto)}`)));
}

function facts(alert) {
  return parts.facts([
    [t("time"), format.fullTime(alert.timestamp)],
    [t("organisation"), parts.org(alert.org)],
    [t("host"), alert.host && wire(alert.host, "mono")],
    [t("location"), location(alert)],
    [t("direction"), alert.direction && tv("dir_", alert.direction)],
    [t("rule"), h("span", { class: "mono" }, `${alert.gid}:${alert.sid}:${alert.rev}`)],
    ["JA4", alert.ja4 && wire(alert.ja4, "mono")],
    [t("community_id"), alert.community_id && wire(alert.community_id, "mono")],
    [t("sensor"), [wire(alert.sensor), " (", wire(alert.centre), ")"]],
    [t("record"), wire(alert.record, "mono small")],
    [t("received"), format.fullTime(alert.received)],
  ]);
}

// The detector's own word for a term, where the console has no better one.
function termOf(term) {
  const known = tv("term_", term);
  return known === term ? term.replaceAll("_", " ") : known;
}

// The terms of an anomaly's score: what was seen against what is usual, and how much it weighed.
function reasons(eve) {
  const own = eve?.sekisho;
  if (!Array.isArray(own?.reasons) || !own.reasons.length) return null;
  const top = Math.max(...own.reasons.map((r) => Math.abs(Number(r.points) || 0)), 0.0001);
  const bar = (r) => share(Math.abs(Number(r.points) || 0) / top);
  return section(t("reasons"),
    h("p", { class: "muted" }, visible(own.detector), " · ", t("score", { n: visible(own.score) })),
    parts.table(t("reasons"), [
      { label: t("reason_term"), cell: (r) => wire(termOf(String(r.term ?? ""))) },
      { label: t("reason_value"), className: "num", cell: (r) => wire(plain(r.value ?? "–")) },
      { label: t("reason_baseline"), className: "num", cell: (r) => wire(plain(r.baseline ?? "–")) },
      { label: t("reason_points"), className: "points-cell", cell: (r) => [bar(r), h("span", { class: "num" }, wire(plain(r.points ?? "–")))] },
    ], own.reasons));
}

function decode(base64) {
  try {
    return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  } catch {
    return null;
  }
}

// Offset, 16 bytes, and their ASCII, a line each.
function hexDump(bytes) {
  const lines = [];
  const end = Math.min(bytes.length, HEX_MAX);
  for (let at = 0; at < end; at += 16) {
    const slice = [...bytes.subarray(at, Math.min(at + 16, end))];
    const hex = slice.map((b) => b.toString(16).padStart(2, "0"));
    const left = hex.slice(0, 8).join(" ").padEnd(23), right = hex.slice(8).join(" ").padEnd(23);
    const ascii = slice.map((b) => (b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : ".")).join("");
    lines.push(`${at.toString(16).padStart(4, "0")}  ${left}  ${right}  ${ascii}`);
  }
  return lines.join("\n");
}

function payload(answer) {
  if (answer.payload === "withheld") return section(t("payload"), h("p", { class: "muted" }, t("payload_withheld")));
  const text = answer.eve?.payload ?? answer.eve?.packet;
  const bytes = typeof text === "string" ? decode(text) : null;
  if (!bytes) return section(t("payload"), h("p", { class: "muted" }, t("payload_none")));
  const size = [t("bytes", { n: format.number(bytes.length) }),
    bytes.length > HEX_MAX && t("cut_at", { n: format.number(HEX_MAX) })].filter(Boolean).join(", ");
  return section(t("payload"),
    h("p", { class: "muted" }, `${size} · ${t("payload_audited")}`),
    h("pre", { class: "dump", tabindex: "0" }, hexDump(bytes)));
}

function whole(eve) {
  const text = JSON.stringify(eve, null, 2);
  return h("details", { class: "raw" }, h("summary", {}, t("raw")),
    parts.copyButton(text), h("pre", { class: "dump", tabindex: "0" }, visible(text).replaceAll("\\u000a", "\n")));
}

function body(answer, page) {
  const { alert, eve } = answer;
  const objects = OBJECTS.filter((name) => eve?.[name] && typeof eve[name] === "object");
  return [head(alert),
    h("p", { class: "links" },
      alert.detection > 0 && h("a", { href: router.href("alerts", null, { detection: alert.detection }) }, t("same_detection")),
      !page && h("a", { href: router.href("alerts", alert.id) }, t("open_page"))),
    facts(alert), reasons(eve),
    objects.map((name) => section(name.toUpperCase(), objectFacts(eve[name]))),
    payload(answer), eve && whole(eve)];
}

// Fetches the alert and returns its nodes. page: it stands alone, not beside the list.
export async function load(id, signal, page = false) {
  const answer = await api.get(`alerts/${encodeURIComponent(id)}`, {}, signal);
  return body(answer, page);
}
