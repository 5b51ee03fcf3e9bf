// sensors.js - sensors: do they report, and is every record and packet accounted for?
import { h, wire, replace } from "../dom.js";
import { t } from "../words.js";
import * as api from "../api.js";
import * as live from "../live.js";
import * as format from "../format.js";
import * as parts from "../parts.js";
import { equation } from "../charts.js";
import * as balance from "./balance.js";

const REFRESH_MS = 5000;

function health(kind) {
  const look = { ok: "good", ended: "calm" }[kind] ?? (balance.BAD.has(kind) ? "bad" : "wait");
  return parts.chip(look, t(`s_${kind}`));
}

function deliveryBar(d) {
  return equation(t("generated"), d.generated, [
    { kind: "good", label: t("archived"), n: d.archived, always: true },
    { kind: "wait", label: t("in_redis"), n: d.redis, always: true },
    { kind: "wait2", label: t("in_spool"), n: d.spool, always: true },
    { kind: "shed", label: t("shed"), n: d.shed, always: true },
    { kind: "shed", label: t("dead"), n: d.dead },
    { kind: "bad", label: t("missing"), n: d.missing },
  ]);
}

function packetBar(p) {
  return equation(t("seen"), p.seen, [
    { kind: "good", label: t("inspected"), n: p.inspected, always: true },
    { kind: "wait2", label: t("ignored"), n: p.ignored, always: true },
    { kind: "shed", label: t("dropped"), n: p.dropped, always: true },
    { kind: "bad", label: t("missing"), n: p.missing },
  ]);
}

function sensorCard(sensor, waiting, now) {
  const d = balance.delivery(sensor, waiting), p = balance.packets(sensor);
  const verdict = balance.verdict(sensor, d, p, now);
  const uptime = sensor.stats?.stats?.uptime;
  return h("section", { class: `card sensor sensor-${balance.BAD.has(verdict[0]) ? "bad" : "fine"}` },
    h("header", {},
      h("h2", {}, wire(sensor.sensor)), verdict.map(health), parts.drillMark(sensor),
      h("span", { class: "muted" }, parts.org(sensor.org), " · ", wire(sensor.centre)),
      h("span", { class: "spring" }),
      h("span", { class: "sensor-seen" }, t("last_seen"), " ",
        h("b", {}, sensor.received ? format.ago(now - format.parseTime(sensor.received)) : "–"))),
    h("div", { class: "sensor-books" },
      h("h3", {}, t("delivery")), deliveryBar(d), h("h3", {}, t("packets")), packetBar(p)),
    h("p", { class: "muted small" },
      [uptime > 0 && t("uptime", { span: format.span(uptime * 1000) }),
        t("runs", { n: sensor.epochs.length }), t("drop_rate", { n: format.percent(p.dropped, p.seen) })]
        .filter(Boolean).join(" · ")));
}

function streams(rows) {
  return h("section", { class: "card" }, h("h2", {}, t("streams")), parts.table(t("streams"), [
    { label: t("stream"), cell: (s) => wire(s.stream, "mono") },
    { label: t("entries"), className: "num", cell: (s) => format.number(s.length) },
    { label: t("not_acknowledged"), className: "num", cell: (s) => format.number(s.waiting) },
    { label: t("updated_at"), cell: (s) => parts.time(s.updated) },
  ], rows));
}

function deadLetters(rows) {
  return rows.length ? h("section", { class: "card" }, h("h2", {}, t("dead_letters")), parts.table(t("dead_letters"), [
    { label: t("received"), cell: (d) => parts.time(d.received) },
    { label: t("stream"), cell: (d) => wire(d.stream, "mono") },
    { label: t("entry"), cell: (d) => wire(d.entry, "mono") },
    { label: t("reason"), cell: (d) => wire(d.reason) },
  ], rows)) : null;
}

function page(answer) {
  const now = format.parseTime(answer.now);
  const waiting = (org) => answer.streams.filter((s) => s.org === org).reduce((n, s) => n + s.waiting, 0);
  if (!answer.sensors.length && !answer.streams.length)
    return parts.empty(t("no_sensors"), t("no_sensors_hint"));
  return [h("p", { class: "muted" }, t("delivery_help")),
    answer.sensors.map((s) => sensorCard(s, waiting(s.org), now)),
    h("div", { class: "cards" }, answer.streams.length > 0 && streams(answer.streams), deadLetters(answer.dead))];
}

export function open(root) {
  const box = h("article", { class: "page sensors" }, parts.loading());
  let abort = null;
  async function load() {
    abort?.abort();
    abort = new AbortController();
    try {
      const answer = await api.get("sensors", {}, abort.signal);
      const { scrollTop } = root;
      replace(box, page(answer));
      root.scrollTop = scrollTop;
    } catch (error) {
      if (error.name !== "AbortError") replace(box, parts.failed(error, load));
    }
  }
  root.append(h("div", { class: "toolbar" }, h("h1", {}, t("sensors"))), box);
  load();
  const timer = setInterval(load, REFRESH_MS);
  const off = live.follow(["sensor"], load);
  return { close: () => { clearInterval(timer); off(); abort.abort(); }, keys: {} };
}
