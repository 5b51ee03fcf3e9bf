// format.js - times, numbers and addresses as people read them.
import * as settings from "./settings.js";
import { t } from "./words.js";

const HOUR = 3600000;

// EVE writes "+0000"; browsers want "+00:00".
export function parseTime(text) {
  return Date.parse(String(text).replace(/([+-]\d\d)(\d\d)$/, "$1:$2"));
}

// The wall clock of the chosen zone, read with getUTC*.
function zoned(ms) {
  return new Date(ms + (settings.get("zone") === "JST" ? 9 * HOUR : 0));
}

const two = (n) => String(n).padStart(2, "0");

export function clock(ms) {
  const d = zoned(ms);
  return `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())}`;
}

export function day(ms) {
  const d = zoned(ms);
  return `${d.getUTCFullYear()}-${two(d.getUTCMonth() + 1)}-${two(d.getUTCDate())}`;
}

// "11-22 15:03:35"; the year is added when it is not this one.
export function shortTime(text) {
  const ms = typeof text === "number" ? text : parseTime(text);
  if (!Number.isFinite(ms)) return "–";
  const date = day(ms);
  return `${date.slice(0, 4) === day(Date.now()).slice(0, 4) ? date.slice(5) : date} ${clock(ms)}`;
}

// With microseconds as recorded, and the zone.
export function fullTime(text) {
  const ms = parseTime(text);
  if (!Number.isFinite(ms)) return "–";
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? "";
  return `${day(ms)} ${clock(ms)}${fraction ? `.${fraction}` : ""} ${settings.get("zone")}`;
}

export function number(n) {
  return Number(n ?? 0).toLocaleString("en-US");
}

export function percent(part, whole) {
  if (!whole) return "0 %";
  const share = (100 * part) / whole;
  return `${share > 0 && share < 0.01 ? "<0.01" : share.toFixed(share < 1 ? 2 : 1)} %`;
}

export function ago(ms) {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 90) return t("ago_s", { n: s });
  if (s < 5400) return t("ago_min", { n: Math.round(s / 60) });
  if (s < 172800) return t("ago_h", { n: Math.round(s / 3600) });
  return t("ago_d", { n: Math.round(s / 86400) });
}

export function span(ms) {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 120) return t("span_s", { n: s });
  if (s < 7200) return t("span_min", { n: Math.round(s / 60) });
  if (s < 172800) return t("span_h", { n: Math.round(s / 3600) });
  return t("span_d", { n: Math.round(s / 86400) });
}

// IPv6 in full, as EVE has it, is made short (RFC 5952); anything else stays.
export function address(ip) {
  const groups = String(ip ?? "").split(":");
  if (groups.length !== 8 || groups.some((g) => !/^[0-9a-f]{1,4}$/i.test(g))) return ip ?? "";
  const short = groups.map((g) => g.replace(/^0+(?=.)/, "").toLowerCase());
  let best = { at: -1, n: 1 };
  for (let i = 0; i < 8; i++) {
    let n = 0;
    while (i + n < 8 && short[i + n] === "0") n++;
    if (n > best.n) best = { at: i, n };
  }
  if (best.at < 0) return short.join(":");
  return `${short.slice(0, best.at).join(":")}::${short.slice(best.at + best.n).join(":")}`;
}

export function endpoint(ip, port) {
  const text = address(ip);
  if (!port) return text;
  return text.includes(":") ? `[${text}]:${port}` : `${text}:${port}`;
}
