// parts.js - small pieces that all views share: severity, states, empty and failed, buttons.
import { h, wire } from "./dom.js";
import { t, tv } from "./words.js";
import * as format from "./format.js";
import { nameOf } from "./names.js";

// By number, word and colour, so that none of them has to be seen alone.
export function severity(n) {
  const level = n >= 1 && n <= 4 ? n : 4;
  return h("span", { class: `sev sev-${level}` }, h("b", {}, level), " ", t(`sev_${level}`));
}

export function chip(kind, text) {
  return h("span", { class: `chip chip-${kind}` }, text);
}

export function drillMark(row) {
  return row.drill ? h("span", { class: "chip chip-drill" }, t("drill")) : null;
}

export function org(id) {
  return h("span", { title: id }, nameOf(id));
}

export function time(text) {
  if (!text) return "–";
  return h("time", { datetime: text, title: format.fullTime(text) }, format.shortTime(text));
}

export function endpoint(ip, port) {
  return wire(format.endpoint(ip, port), "mono");
}

export function button(label, onclick, attributes) {
  return h("button", { type: "button", class: "button", onclick, ...attributes }, label);
}

export function empty(title, hint, action) {
  return h("div", { class: "empty" }, h("p", { class: "empty-title" }, title),
    h("p", {}, hint), action);
}

export function failed(error, again) {
  const why = error.status === 0 ? t("unreachable") : error.message;
  const text = error.status === 404 ? t("gone") : t("failed", { why });
  return h("div", { class: "empty failed", role: "alert" }, h("p", { class: "empty-title" }, text),
    again && button(t("retry"), again));
}

export function loading() {
  return h("p", { class: "loading" }, t("loading"));
}

// Pairs of a name and a value; empty values are left out.
export function facts(pairs) {
  return h("dl", { class: "facts" }, pairs
    .filter(([, value]) => value !== null && value !== undefined && value !== "")
    .map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

// A plain table for a few dozen rows. Columns: {label, cell, className}.
export function table(caption, columns, rows) {
  return h("div", { class: "table-box" },
    h("table", {}, h("caption", { class: "hidden" }, caption),
      h("thead", {}, h("tr", {}, columns.map((c) => h("th", { scope: "col", class: c.className }, c.label)))),
      h("tbody", {}, rows.map((row) => h("tr", {}, columns.map((c) => h("td", { class: c.className }, c.cell(row))))))));
}

export function noticeState(state) {
  const kind = { queued: "wait", sent: "info", failed: "bad", acknowledged: "good" }[state] ?? "wait";
  return chip(kind, tv("n_", state));
}

export function incidentState(state) {
  return chip(state === "open" ? "info" : "calm", tv("state_", state));
}

// Copies text; the button says so for a moment.
export function copyButton(text) {
  const node = button(t("copy"), async () => {
    try {
      await navigator.clipboard.writeText(text);
      node.textContent = t("copied");
    } catch {
      return; // the browser refused; the text stands beside the button
    }
    setTimeout(() => { node.textContent = t("copy"); }, 1500);
  });
  return node;
}
