// incidents.js - incidents and campaigns: the list.
import { h, wire, replace } from "../dom.js";
import { t, tv, both } from "../words.js";
import * as api from "../api.js";
import * as live from "../live.js";
import * as format from "../format.js";
import * as router from "../router.js";
import * as parts from "../parts.js";
import { RowList } from "../list.js";
import * as incident from "./incident.js";

function columns() {
  return [
    { label: t("severity"), className: "c-sev", cell: (i) => parts.severity(i.severity) },
    { label: t("state"), className: "c-state", cell: (i) => parts.incidentState(i.state) },
    { label: t("kind"), className: "c-kind", cell: (i) => tv("kind_", i.kind) },
    { label: t("title"), className: "c-sig", cell: (i) => [parts.drillMark(i), wire(both(i.title))] },
    { label: t("subject_of"), className: "c-key", cell: (i) => wire(i.key, "mono") },
    { label: t("orgs"), className: "c-count num", cell: (i) => format.number(i.orgs) },
    { label: t("alerts"), className: "c-count num", cell: (i) => format.number(i.alerts) },
    { label: t("first"), className: "c-time", cell: (i) => parts.time(i.first) },
    { label: t("last"), className: "c-time", cell: (i) => parts.time(i.last) },
    { label: t("updated"), className: "c-time", cell: (i) => parts.time(i.updated) },
  ];
}

function stateGroup(chosen) {
  return h("div", { class: "segments", role: "group", "aria-label": t("state") },
    [["", t("all")], ["open", t("state_open")], ["closed", t("state_closed")]].map(([value, text]) =>
      h("button", { type: "button", class: "segment", "aria-pressed": String(chosen === value),
        onclick: () => router.go("incidents", null, { state: value }) }, text)));
}

function openList(root, query) {
  const list = new RowList({ columns: columns(), label: t("incidents"), className: "rows-incidents",
    rowClass: (i) => `edge-${i.severity} kind-${i.kind}`, onSelect: () => {}, onOpen: (i) => router.go("incidents", i.id) });
  list.space.addEventListener("click", (event) => {
    if (event.target.closest(".row")) list.open();
  });
  const box = h("div", { class: "list-box" }, parts.loading());
  let abort = null;
  async function load() {
    abort?.abort();
    abort = new AbortController();
    try {
      const answer = await api.get("incidents", { state: query.state, limit: 1000 }, abort.signal);
      list.setRows(answer.incidents);
      if (answer.incidents.length) {
        if (!list.node.isConnected) replace(box, list.node);
        list.draw();
      } else {
        replace(box, parts.empty(t("no_incidents"), t("no_incidents_hint")));
      }
    } catch (error) {
      if (error.name !== "AbortError") replace(box, parts.failed(error, load));
    }
  }
  root.append(h("div", { class: "toolbar" }, h("h1", {}, t("incidents")), stateGroup(query.state ?? "")), box);
  load();
  const off = live.follow(["incident"], load);
  return { close: () => { off(); abort.abort(); list.close(); }, keys: list.keys() };
}

export function open(root, { id, query, me }) {
  return id ? incident.open(root, id, me) : openList(root, query);
}
