// audit.js - who did and looked at what.
import { h, wire, replace } from "../dom.js";
import { t, tv } from "../words.js";
import * as api from "../api.js";
import * as parts from "../parts.js";
import { RowList } from "../list.js";

function columns() {
  return [
    { label: t("time"), className: "c-time", cell: (r) => parts.time(r.timestamp) },
    { label: t("who"), className: "c-org", cell: (r) => wire(r.user) },
    { label: t("role"), className: "c-role", cell: (r) => tv("role_", r.role) },
    { label: t("from_where"), className: "c-src", cell: (r) => wire(r.client, "mono") },
    { label: t("action"), className: "c-role", cell: (r) => wire(r.action) },
    { label: t("object"), className: "c-sig", cell: (r) => wire(r.object) },
  ];
}

export function open(root) {
  const box = h("div", { class: "list-box" }, parts.loading());
  const abort = new AbortController();
  let last = null, busy = false;
  const list = new RowList({ columns: columns(), label: t("audit"), className: "rows-audit", onEnd: () => load() });
  async function load() {
    if (busy || last === 0) return;
    busy = true;
    try {
      const { audit } = await api.get("audit", { limit: 500, before: last }, abort.signal);
      last = audit.length === 500 ? audit.at(-1).id : 0;
      list.extend(audit);
      if (!list.rows.length) replace(box, parts.empty(t("no_audit"), ""));
      else if (!list.node.isConnected) replace(box, list.node);
      busy = false;
      list.draw();
    } catch (error) {
      busy = false;
      if (error.name !== "AbortError") replace(box, parts.failed(error, load));
    }
  }
  root.append(h("div", { class: "toolbar" }, h("h1", {}, t("audit"))), box);
  load();
  return { close: () => { abort.abort(); list.close(); }, keys: list.keys() };
}
