// incident.js - one incident: why it was found, who is hit, what happened when, who was told.
import { h, wire, replace } from "../dom.js";
import { t, tv, both } from "../words.js";
import * as api from "../api.js";
import * as live from "../live.js";
import * as format from "../format.js";
import * as router from "../router.js";
import * as parts from "../parts.js";
import { nameOf } from "../names.js";
import { lanes } from "../charts.js";

function head(incident, me, setState) {
  const open = incident.state === "open";
  const length = format.parseTime(incident.last) - format.parseTime(incident.first);
  return h("header", { class: "incident-head" },
    h("div", {},
      h("div", { class: "record-marks" }, parts.severity(incident.severity), parts.incidentState(incident.state),
        h("span", { class: "muted" }, tv("kind_", incident.kind)), parts.drillMark(incident)),
      h("h1", {}, wire(both(incident.title))),
      h("p", { class: "muted" }, parts.time(incident.first), " – ", parts.time(incident.last),
        ` · ${t("duration", { span: format.span(length) })}`)),
    h("div", { class: "actions" },
      h("a", { class: "button", href: router.href("alerts", null, { incident: incident.id }) }, t("incident_alerts")),
      me.may.work && parts.button(t(open ? "close_incident" : "reopen_incident"), () => setState(open ? "closed" : "open"))));
}

function why(incident) {
  const text = (pair) => both(pair) && h("p", { class: "prose" }, wire(both(pair)));
  return h("section", { class: "card" }, h("h2", {}, t("why")), text(incident.why), text(incident.judgement),
    both(incident.action) && [h("h3", {}, t("asked_for")), text(incident.action)],
    h("p", { class: "muted" }, `${t("by_rule")}: `, wire(incident.rule, "mono"), incident.key && [" · ", wire(incident.key, "mono")],
      incident.confidence && ` · ${t("confidence")}: ${tv("conf_", incident.confidence)}`,
      incident.due_hours > 0 && ` · ${t("due", { n: incident.due_hours })}`));
}

function organisations(rows) {
  return h("section", { class: "card" }, h("h2", {}, t("orgs")), parts.table(t("orgs"), [
    { label: t("organisation"), cell: (o) => parts.org(o.org) },
    { label: t("alerts"), className: "num", cell: (o) => format.number(o.alerts) },
    { label: t("detections"), className: "num", cell: (o) => format.number(o.detections) },
    { label: t("first"), cell: (o) => parts.time(o.first) },
    { label: t("last"), cell: (o) => parts.time(o.last) },
  ], rows));
}

function detections(rows) {
  return h("section", { class: "card wide" }, h("h2", {}, t("detections")), parts.table(t("detections"), [
    { label: t("severity"), cell: (d) => parts.severity(d.severity) },
    { label: t("organisation"), cell: (d) => parts.org(d.org) },
    { label: t("signature"), cell: (d) => h("a", { href: router.href("alerts", null, { detection: d.id }) }, wire(d.signature)) },
    { label: t("source"), cell: (d) => parts.endpoint(d.src_ip, 0) },
    { label: t("destination"), cell: (d) => parts.endpoint(d.dest_ip, d.dest_port) },
    { label: t("count"), className: "num", cell: (d) => format.number(d.count) },
    { label: t("first"), cell: (d) => parts.time(d.first) },
    { label: t("last"), cell: (d) => parts.time(d.last) },
  ], rows));
}

function notices(rows) {
  return h("section", { class: "card wide" }, h("h2", {}, t("notices")), rows.length ? parts.table(t("notices"), [
    { label: t("state"), cell: (n) => parts.noticeState(n.state) },
    { label: t("recipient"), cell: (n) => parts.org(n.recipient) },
    { label: t("role"), cell: (n) => tv("to_", n.role) },
    { label: t("lane"), cell: (n) => tv("lane_", n.lane) },
    { label: t("subject"), cell: (n) => h("a", { href: router.href("notices", n.id) }, wire(n.subject)) },
    { label: t("sent_at"), cell: (n) => parts.time(n.sent) },
  ], rows) : h("p", { class: "muted" }, t("no_notices_hint")));
}

function story(rows) {
  return h("section", { class: "card" }, h("h2", {}, t("story")), h("ol", { class: "story", tabindex: "0" }, rows.map((e) =>
    h("li", { class: `ev-${e.kind}` }, h("span", { class: "story-time" }, parts.time(e.timestamp)),
      h("span", { class: "chip chip-calm" }, tv("ev_", e.kind)),
      h("span", {}, e.org && [h("b", {}, parts.org(e.org)), " "], wire(both(e.text)))))));
}

function timeline(answer) {
  const box = h("section", { class: "card wide" }, h("h2", {}, t("timeline")));
  const figure = h("div", {});
  box.append(figure);
  const draw = () => replace(figure, lanes(answer.organisations.map((o) => o.org), answer.detections,
    answer.timeline.filter((e) => e.org), nameOf, Math.max(520, figure.clientWidth || 900)));
  const observer = new ResizeObserver(draw);
  observer.observe(figure);
  return box;
}

export function open(root, id, me) {
  const box = h("article", { class: "page incident" }, parts.loading());
  let abort = null;

  async function setState(state) {
    try {
      await api.post(`incidents/${encodeURIComponent(id)}/state`, { state });
      load();
    } catch (error) {
      box.prepend(parts.failed(error));
    }
  }

  async function load() {
    abort?.abort();
    abort = new AbortController();
    try {
      const answer = await api.get(`incidents/${encodeURIComponent(id)}`, {}, abort.signal);
      replace(box, head(answer.incident, me, setState),
        h("div", { class: "cards" },
          h("div", { class: "column" }, why(answer.incident), organisations(answer.organisations)),
          h("div", { class: "column" }, story(answer.timeline)),
          timeline(answer), detections(answer.detections), notices(answer.notices)));
    } catch (error) {
      if (error.name !== "AbortError") replace(box, parts.failed(error, load));
    }
  }

  root.append(h("p", { class: "crumbs" }, h("a", { href: "#/incidents" }, t("incidents")), ` / ${id}`), box);
  load();
  const offs = [live.on("incident", (event) => String(event.id) === String(id) && load()), live.follow(["notice"], load)];
  return { close: () => { offs.forEach((off) => off()); abort.abort(); }, keys: { Escape: () => router.go("incidents") } };
}
