// alerts.js - live alerts: filter bar, activity, the list, and the chosen alert beside it.
import { h, wire, append, replace, visible } from "../dom.js";
import { t } from "../words.js";
import * as api from "../api.js";
import * as format from "../format.js";
import * as router from "../router.js";
import * as parts from "../parts.js";
import * as names from "../names.js";
import { RowList } from "../list.js";
import { histogram } from "../charts.js";
import { Feed, LIMIT } from "./feed.js";
import * as record from "./record.js";

const FILTERS = ["org", "severity", "text", "drill", "detection", "incident", "mode"];
const ANNOUNCE_MS = 10000;

// The application's protocol where it was recognised, else the transport.
function protocol(a) {
  return a.app_proto && a.app_proto !== "failed" ? a.app_proto : a.proto;
}

function columns() {
  return [
    { label: t("time"), className: "c-time", cell: (a) => parts.time(a.timestamp) },
    { label: t("severity"), className: "c-sev", cell: (a) => parts.severity(a.severity) },
    { label: t("organisation"), className: "c-org", cell: (a) => parts.org(a.org) },
    { label: t("signature"), className: "c-sig", cell: (a) => [parts.drillMark(a), wire(a.signature)] },
    { label: t("source"), className: "c-src", cell: (a) => parts.endpoint(a.src_ip, a.src_port) },
    { label: t("destination"), className: "c-dst", cell: (a) => parts.endpoint(a.dest_ip, a.dest_port) },
    { label: t("host"), className: "c-host", cell: (a) => wire(a.host, "mono") },
    { label: t("protocol"), className: "c-app", cell: (a) => wire(protocol(a)) },
  ];
}

function rolledColumns() {
  return [
    { label: t("last"), className: "c-time", cell: (d) => parts.time(d.last) },
    { label: t("severity"), className: "c-sev", cell: (d) => parts.severity(d.severity) },
    { label: t("organisation"), className: "c-org", cell: (d) => parts.org(d.org) },
    { label: t("count"), className: "c-count num", cell: (d) => format.number(d.count) },
    { label: t("signature"), className: "c-sig", cell: (d) => [parts.drillMark(d), wire(d.signature)] },
    { label: t("source"), className: "c-src", cell: (d) => parts.endpoint(d.src_ip, 0) },
    { label: t("destination"), className: "c-dst", cell: (d) => parts.endpoint(d.dest_ip, d.dest_port) },
    { label: t("first"), className: "c-time", cell: (d) => parts.time(d.first) },
  ];
}

class AlertsView {
  constructor(root, query) {
    this.filter = Object.fromEntries(FILTERS.map((name) => [name, query[name] ?? ""]));
    this.announceAt = 0;
    this.announced = { n: 0, gravest: 4 };
    this.build(root);
    this.start();
  }

  // ---- what stands on the page
  build(root) {
    this.search = h("input", { type: "search", class: "search", placeholder: t("search"),
      "aria-label": t("search_label"), value: this.filter.text, maxlength: 200, spellcheck: "false",
      oninput: () => this.typed() });
    this.counted = h("span", { class: "counted" });
    this.pauseButton = parts.button(t("pause"), () => this.pause(!this.feed?.paused), { "aria-pressed": "false" });
    this.newButton = parts.button("", () => { this.pause(false); this.list.toTop(); },
      { class: "button primary", hidden: true });
    this.note = h("p", { class: "note", role: "status", hidden: true });
    this.chart = h("div", { class: "chart-box" });
    this.listBox = h("div", { class: "list-box" });
    this.pane = h("aside", { class: "pane", hidden: true, "aria-label": t("alert") });
    this.said = h("p", { class: "hidden", role: "status", "aria-live": "polite" });
    append(root, [
      h("div", { class: "toolbar", role: "search" }, this.search, this.orgSelect(), this.severityGroup(),
        this.drillSelect(), this.modeGroup(), h("span", { class: "spring" }), this.newButton, this.counted,
        this.pauseButton),
      this.scopeNote(), this.note, this.chart, h("div", { class: "split" }, this.listBox, this.pane), this.said]);
  }

  orgSelect() {
    if (names.all().length < 2) return null;
    return this.select("org", t("organisation"), [["", `${t("organisation")}: ${t("all")}`],
      ...names.all().map((o) => [o.id, names.nameOf(o.id)])]);
  }

  drillSelect() {
    return this.select("drill", t("drills"), [["", t("drills_all")], ["real", t("drills_real")], ["only", t("drills_only")]]);
  }

  select(name, label, choices) {
    return h("select", { class: "select", "aria-label": label,
      onchange: (event) => this.change({ [name]: event.target.value }) },
    choices.map(([value, text]) => h("option", { value, selected: this.filter[name] === value }, text)));
  }

  severityGroup() {
    const choices = [["", t("all")], ["1", t("sev_1")],
      ["2", t("sev_upto", { n: t("sev_2") })], ["3", t("sev_upto", { n: t("sev_3") })]];
    return this.group("severity", t("severity"), choices);
  }

  modeGroup() {
    return this.group("mode", t("show_as"), [["", t("each")], ["rolled", t("rolled")]]);
  }

  group(name, label, choices) {
    return h("div", { class: "segments", role: "group", "aria-label": label }, choices.map(([value, text]) =>
      h("button", { type: "button", class: "segment",
        "aria-pressed": String(this.filter[name] === value), "data-name": name, "data-value": value,
        onclick: () => this.change({ [name]: value }) }, text)));
  }

  scopeNote() {
    const key = this.filter.detection ? "filtered_detection" : this.filter.incident ? "filtered_incident" : null;
    return key && h("p", { class: "note" }, t(key), " ",
      parts.button(t("clear_filter"), () => this.change({ detection: "", incident: "" })));
  }

  // ---- filter
  typed() {
    clearTimeout(this.typing);
    this.typing = setTimeout(() => this.change({ text: this.search.value.trim() }), 250);
  }

  change(values) {
    Object.assign(this.filter, values);
    router.amend(this.filter);
    for (const segment of document.querySelectorAll(".segment"))
      segment.setAttribute("aria-pressed", String(this.filter[segment.dataset.name] === segment.dataset.value));
    if ("detection" in values) {
      router.go("alerts", null, this.filter);
      return;
    }
    this.stop();
    this.start();
  }

  clear() {
    router.go("alerts", null, {});
    if (location.hash === "#/alerts") dispatchEvent(new HashChangeEvent("hashchange"));
  }

  // ---- rows
  start() {
    const rolled = this.filter.mode === "rolled";
    this.list = new RowList({
      columns: rolled ? rolledColumns() : columns(), label: t("alert_list"),
      className: rolled ? "rows-rolled" : "rows-alerts", rowClass: (a) => `edge-${a.severity}`,
      onSelect: (row) => (rolled ? null : this.show(row)),
      onOpen: (row) => (rolled ? router.go("alerts", null, { detection: row.id }) : this.show(row, true)),
      onEnd: () => this.feed?.older(),
    });
    replace(this.listBox, parts.loading());
    this.pauseButton.hidden = this.chart.hidden = rolled;
    if (rolled) this.loadRolled();
    else this.follow();
    this.onKeys?.(this.keys());
  }

  follow() {
    const { mode, ...filter } = this.filter;
    this.feed = new Feed(filter, {
      reset: (rows) => { this.list.setRows(rows); this.settle(); },
      arrived: (rows) => { this.list.prepend(rows, LIMIT); this.settle(); this.announce(rows); },
      older: (rows) => { this.list.extend(rows); this.settle(); },
      waiting: (n) => this.waiting(n),
      lost: (n) => this.say(t("held_back", { n: format.number(n) })),
      failed: (error) => replace(this.listBox, parts.failed(error, () => this.feed.load())),
    });
    this.feed.load();
  }

  async loadRolled() {
    const { org, severity, text, drill, incident } = this.filter;
    this.abort = new AbortController();
    try {
      const answer = await api.get("detections", { org, severity, text, drill, incident, limit: 1000 }, this.abort.signal);
      this.list.setRows(answer.detections);
      this.settle();
    } catch (error) {
      if (error.name !== "AbortError") replace(this.listBox, parts.failed(error, () => this.loadRolled()));
    }
  }

  settle() {
    const rows = this.list.rows;
    if (!rows.length) replace(this.listBox, this.nothing());
    else if (!this.list.node.isConnected) replace(this.listBox, this.list.node);
    if (rows.length) this.list.draw();
    this.counted.textContent = t(this.feed?.next === null || !this.feed ? "shown" : "shown_of", { n: format.number(rows.length) });
    this.drawChart();
  }

  drawChart() {
    if (this.chartTimer) return;
    this.chartTimer = setTimeout(() => {
      this.chartTimer = null;
      const rows = this.filter.mode === "rolled" ? [] : this.list.rows;
      replace(this.chart, histogram(rows));
    }, this.chart.firstChild ? 1000 : 0);
  }

  nothing() {
    const filtered = FILTERS.some((name) => name !== "mode" && this.filter[name]);
    return filtered
      ? parts.empty(t("no_match"), t("no_match_hint"), parts.button(t("clear_filter"), () => this.clear()))
      : parts.empty(t("no_alerts"), t("no_alerts_hint"));
  }

  // ---- live
  waiting(n) {
    this.newButton.hidden = n === 0;
    this.newButton.textContent = t("waiting", { n: format.number(n) });
  }

  pause(on) {
    if (!this.feed) return;
    this.feed.pause(on);
    this.pauseButton.textContent = t(on ? "resume" : "pause");
    this.pauseButton.setAttribute("aria-pressed", String(on));
    this.listBox.classList.toggle("paused", on);
  }

  say(text) {
    this.note.textContent = text;
    this.note.hidden = false;
    clearTimeout(this.noteTimer);
    this.noteTimer = setTimeout(() => { this.note.hidden = true; }, 8000);
  }

  // A screen reader hears of arrivals every ten seconds at most.
  announce(rows) {
    this.announced.n += rows.length;
    for (const row of rows) this.announced.gravest = Math.min(this.announced.gravest, row.severity || 4);
    if (performance.now() < this.announceAt) return;
    this.announceAt = performance.now() + ANNOUNCE_MS;
    this.said.textContent = t("announce", { n: this.announced.n, sev: t(`sev_${this.announced.gravest}`) });
    this.announced = { n: 0, gravest: 4 };
  }

  // ---- the chosen alert
  async show(row, focus) {
    this.reading?.abort();
    const mine = this.reading = new AbortController();
    clearTimeout(this.showTimer);
    // Running through the list with j/k must not fetch (and audit) every alert on the way.
    await new Promise((done) => { this.showTimer = setTimeout(done, focus ? 0 : 180); });
    if (mine.signal.aborted) return;
    try {
      const nodes = await record.load(row.id, mine.signal);
      replace(this.pane, parts.button("×", () => this.hide(), { class: "button close", "aria-label": t("close") }), nodes);
    } catch (error) {
      if (error.name === "AbortError") return;
      replace(this.pane, parts.failed(error, () => this.show(row)));
    }
    this.pane.hidden = false;
    this.pane.scrollTop = 0;
    this.listBox.classList.add("narrow");
    if (focus) this.pane.querySelector("a, summary, button:not(.close)")?.focus();
  }

  hide() {
    this.reading?.abort();
    this.pane.hidden = true;
    this.listBox.classList.remove("narrow");
    this.list.select(null);
    this.list.node.focus({ preventScroll: true });
  }

  keys() {
    const upTo = (n) => () => this.change({ severity: n });
    return { ...this.list.keys(), Escape: () => this.hide(), "/": () => this.search.focus(),
      p: () => this.pause(!this.feed?.paused), n: () => { this.pause(false); this.list.toTop(); },
      0: upTo(""), 1: upTo("1"), 2: upTo("2"), 3: upTo("3") };
  }

  stop() {
    this.feed?.close();
    this.feed = null;
    this.abort?.abort();
    this.list.close();
    this.waiting(0);
  }

  close() {
    this.stop();
    this.reading?.abort();
    for (const timer of [this.typing, this.chartTimer, this.noteTimer, this.showTimer]) clearTimeout(timer);
  }
}

function openOne(root, id) {
  const box = h("article", { class: "page record" }, parts.loading());
  const abort = new AbortController();
  root.append(h("p", { class: "crumbs" }, h("a", { href: "#/alerts" }, t("alerts")), ` / ${visible(id)}`), box);
  record.load(id, abort.signal, true).then((nodes) => replace(box, nodes), (error) => {
    if (error.name !== "AbortError") replace(box, parts.failed(error));
  });
  return { close: () => abort.abort(), keys: { Escape: () => router.go("alerts") } };
}

export function open(root, { id, query, onKeys }) {
  if (id) return openOne(root, id);
  const view = new AlertsView(root, query);
  view.onKeys = onKeys;
  return { close: () => view.close(), keys: view.keys() };
}
