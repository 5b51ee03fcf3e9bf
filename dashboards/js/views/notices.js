// notices.js - what organisations are told, whether it reached them, and the text itself.
import { h, wire, replace } from "../dom.js";
import { t, tv } from "../words.js";
import * as api from "../api.js";
import * as live from "../live.js";
import * as format from "../format.js";
import * as router from "../router.js";
import * as parts from "../parts.js";
import { nameOf } from "../names.js";
import { RowList } from "../list.js";

const STATES = ["queued", "sent", "acknowledged", "failed"];

function columns() {
  return [
    { label: t("state"), className: "c-state", cell: (n) => parts.noticeState(n.state) },
    { label: t("created"), className: "c-time", cell: (n) => parts.time(n.created) },
    { label: t("recipient"), className: "c-org", cell: (n) => parts.org(n.recipient) },
    { label: t("role"), className: "c-role", cell: (n) => tv("to_", n.role) },
    { label: t("lane"), className: "c-lane", cell: (n) => tv("lane_", n.lane) },
    { label: t("n_language"), className: "c-lang", cell: (n) => wire(n.language) },
    { label: t("subject"), className: "c-sig", cell: (n) => [parts.drillMark(n), wire(n.subject)] },
    { label: t("about"), className: "c-org", cell: (n) => parts.org(n.org) },
    { label: t("sent_at"), className: "c-time", cell: (n) => parts.time(n.sent) },
  ];
}

function stateGroup(chosen, counts) {
  const total = STATES.reduce((sum, s) => sum + (counts?.[s] ?? 0), 0);
  const choices = [["", t("all"), total], ...STATES.map((s) => [s, t(`n_${s}`), counts?.[s] ?? 0])];
  return h("div", { class: "segments", role: "group", "aria-label": t("state") }, choices.map(([value, text, n]) =>
    h("button", { type: "button", class: "segment", "aria-pressed": String(chosen === value),
      onclick: () => router.go("notices", null, { state: value }) },
    text, counts && h("span", { class: "segment-count" }, format.number(n)))));
}

function reading(n, me, acknowledge) {
  const done = n.acknowledged && [parts.time(n.acknowledged), " ", t("by", { who: n.acknowledged_by })];
  return [
    h("header", { class: "record-head" },
      h("div", { class: "record-marks" }, parts.noticeState(n.state), parts.drillMark(n),
        h("span", { class: "muted" }, tv("lane_", n.lane))),
      h("h2", { lang: n.language }, wire(n.subject))),
    h("p", { class: "links" },
      h("a", { href: router.href("incidents", n.incident) }, `${t("incident")} ${n.incident}`),
      me.may.answer && n.state === "sent" && parts.button(t("acknowledge"), acknowledge, { class: "button primary" })),
    parts.facts([
      [t("recipient"), [nameOf(n.recipient), " · ", tv("to_", n.role)]],
      [t("address"), [wire(n.name), " ", wire(n.address, "mono")]],
      [t("about"), parts.org(n.org)],
      [t("created"), parts.time(n.created)],
      [t("sent_at"), n.sent && parts.time(n.sent)],
      [t("acknowledged_at"), done],
      [t("attempts"), n.attempts > 0 && format.number(n.attempts)],
      [t("next_try"), n.next_try && parts.time(n.next_try)],
      [t("last_error"), n.last_error && h("span", { class: "bad-text" }, wire(n.last_error))],
    ]),
    h("section", {}, h("h3", {}, t("body")), h("pre", { class: "letter", lang: n.language, tabindex: "0" }, n.body)),
  ];
}

class NoticesView {
  constructor(root, id, query, me) {
    Object.assign(this, { me, state: query.state ?? "" });
    this.bar = h("div", { class: "toolbar" });
    this.box = h("div", { class: "list-box" }, parts.loading());
    this.pane = h("aside", { class: "pane", hidden: true, "aria-label": t("notices") });
    this.list = new RowList({ columns: columns(), label: t("notices"), className: "rows-notices",
      rowClass: (n) => `edge-n-${n.state}`, onSelect: (n) => this.show(n.id), onOpen: (n) => this.show(n.id) });
    root.append(this.bar, h("div", { class: "split" }, this.box, this.pane));
    this.off = live.follow(["notice"], () => this.load());
    this.drawBar(null);
    this.load();
    if (id) {
      this.list.select(Number(id), true);
      this.show(id);
    }
  }

  drawBar(counts) {
    replace(this.bar, h("h1", {}, t("notices")), stateGroup(this.state, counts));
  }

  async load() {
    this.abort?.abort();
    this.abort = new AbortController();
    try {
      const answer = await api.get("notices", { state: this.state, limit: 1000 }, this.abort.signal);
      this.drawBar(answer.counts);
      this.list.setRows(answer.notices);
      if (!answer.notices.length) replace(this.box, parts.empty(t("no_notices"), t("no_notices_hint")));
      else if (!this.list.node.isConnected) replace(this.box, this.list.node);
      this.list.draw();
    } catch (error) {
      if (error.name !== "AbortError") replace(this.box, parts.failed(error, () => this.load()));
    }
  }

  async show(id) {
    this.reading?.abort();
    const mine = this.reading = new AbortController();
    try {
      const notice = await api.get(`notices/${encodeURIComponent(id)}`, {}, mine.signal);
      replace(this.pane, parts.button("×", () => this.hide(), { class: "button close", "aria-label": t("close") }),
        reading(notice, this.me, () => this.acknowledge(id)));
    } catch (error) {
      if (error.name === "AbortError") return;
      replace(this.pane, parts.failed(error, () => this.show(id)));
    }
    this.pane.hidden = false;
    this.box.classList.add("narrow");
  }

  async acknowledge(id) {
    try {
      await api.post(`notices/${encodeURIComponent(id)}/acknowledge`);
      this.load();
      this.show(id);
    } catch (error) {
      this.pane.prepend(parts.failed(error));
    }
  }

  hide() {
    this.pane.hidden = true;
    this.box.classList.remove("narrow");
    this.list.select(null);
  }

  close() {
    this.off();
    this.abort?.abort();
    this.reading?.abort();
    this.list.close();
  }
}

export function open(root, { id, query, me }) {
  const view = new NoticesView(root, id, query, me);
  return { close: () => view.close(), keys: { ...view.list.keys(), Escape: () => view.hide() } };
}
