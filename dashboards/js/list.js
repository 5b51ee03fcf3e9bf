// list.js - a table that draws only the rows in view, so that 10,000 rows scroll as 40 do.
//
// Rows are objects with an `id`. Columns: {key, label, cell(row) -> nodes or text, className}.
// Selection goes by id, so it stays while rows come in above.
import { h, append } from "./dom.js";

const ROW = 27; // px, as in css/parts.css
const OVERSCAN = 12;
let serial = 0;

export class RowList {
  constructor({ columns, label, className, rowClass, onSelect, onOpen, onEnd }) {
    Object.assign(this, { columns, rowClass, onSelect, onOpen, onEnd });
    this.prefix = `list${++serial}`;
    this.rows = [];
    this.drawn = new Map(); // id -> {node, index}
    this.selected = null;
    const head = h("div", { class: "rows-head", role: "row" },
      columns.map((c) => h("div", { role: "columnheader", class: c.className }, c.label)));
    this.space = h("div", { class: "rows-space", role: "rowgroup" });
    this.node = h("div", {
      class: `rows ${className}`, role: "grid", tabindex: "0", "aria-label": label,
      "aria-rowcount": "0" }, head, this.space);
    this.node.addEventListener("scroll", () => this.draw(), { passive: true });
    this.space.addEventListener("click", (event) => this.clicked(event));
    this.space.addEventListener("dblclick", () => this.open());
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.node);
  }

  close() {
    this.observer.disconnect();
  }

  atTop() {
    return this.node.scrollTop < ROW / 2;
  }

  toTop() {
    this.node.scrollTop = 0;
    this.draw();
  }

  setRows(rows) {
    this.rows = rows;
    this.redraw();
  }

  // Puts rows above; who has scrolled down keeps seeing the same ones.
  prepend(rows, limit) {
    const stay = !this.atTop();
    this.rows = rows.concat(this.rows).slice(0, limit);
    if (stay) {
      this.measure();
      this.node.scrollTop += rows.length * ROW;
    }
    this.draw();
  }

  extend(rows) {
    this.rows = this.rows.concat(rows);
    this.draw();
  }

  // After a change of language or zone: every cell anew.
  redraw() {
    for (const { node } of this.drawn.values()) node.remove();
    this.drawn.clear();
    this.draw();
  }

  measure() {
    this.space.style.height = `${this.rows.length * ROW}px`;
    this.node.setAttribute("aria-rowcount", String(this.rows.length + 1));
  }

  draw() {
    this.measure();
    const top = this.node.scrollTop, height = this.node.clientHeight || 600;
    const from = Math.max(0, Math.floor(top / ROW) - OVERSCAN);
    const to = Math.min(this.rows.length, Math.ceil((top + height) / ROW) + OVERSCAN);
    const keep = new Set(this.rows.slice(from, to).map((row) => row.id));
    for (const [id, { node }] of this.drawn) {
      if (keep.has(id)) continue;
      node.remove();
      this.drawn.delete(id);
    }
    // In the document's order too: that is what a screen reader goes by.
    let next = this.space.firstChild;
    for (let i = from; i < to; i++) {
      const node = this.place(this.rows[i], i);
      if (node === next) next = next.nextSibling;
      else this.space.insertBefore(node, next);
    }
    if (this.onEnd && this.rows.length && to >= this.rows.length) this.onEnd();
  }

  place(row, index) {
    let entry = this.drawn.get(row.id);
    if (!entry) {
      entry = { node: this.make(row), index: -1 };
      this.drawn.set(row.id, entry);
    }
    if (entry.index === index) return entry.node;
    entry.index = index;
    entry.node.style.transform = `translateY(${index * ROW}px)`;
    entry.node.setAttribute("aria-rowindex", String(index + 2)); // the head is the first
    return entry.node;
  }

  make(row) {
    const chosen = row.id === this.selected;
    const node = h("div", {
      class: `row ${this.rowClass?.(row) ?? ""}${chosen ? " chosen" : ""}`, role: "row",
      id: `${this.prefix}-${row.id}`, "data-id": row.id, "aria-selected": chosen ? "true" : "false" });
    for (const column of this.columns) {
      const cell = h("div", { role: "gridcell", class: column.className });
      append(cell, [column.cell(row)]);
      node.append(cell);
    }
    return node;
  }

  clicked(event) {
    const node = event.target.closest(".row");
    if (!node || event.target.closest("a")) return;
    const row = this.rows.find((r) => String(r.id) === node.dataset.id);
    if (row) this.select(row.id);
  }

  mark(id, on) {
    const entry = this.drawn.get(id);
    if (!entry) return;
    entry.node.classList.toggle("chosen", on);
    entry.node.setAttribute("aria-selected", String(on));
  }

  select(id, quietly) {
    if (this.selected !== null) this.mark(this.selected, false);
    this.selected = id;
    if (id === null) {
      this.node.removeAttribute("aria-activedescendant");
      return;
    }
    this.mark(id, true);
    this.node.setAttribute("aria-activedescendant", `${this.prefix}-${id}`);
    if (!quietly) this.onSelect?.(this.rows.find((r) => r.id === id));
  }

  move(step) {
    if (!this.rows.length) return;
    const at = this.rows.findIndex((r) => r.id === this.selected);
    const next = at < 0 ? 0 : Math.min(this.rows.length - 1, Math.max(0, at + step));
    this.reveal(next);
    this.select(this.rows[next].id);
  }

  reveal(index) {
    const top = index * ROW, { scrollTop } = this.node, height = this.node.clientHeight - ROW; // the head's
    if (top < scrollTop) this.node.scrollTop = top;
    else if (top + ROW > scrollTop + height) this.node.scrollTop = top + ROW - height;
    this.draw();
  }

  open() {
    const row = this.rows.find((r) => r.id === this.selected);
    if (row) this.onOpen?.(row);
  }

  keys() {
    return {
      j: () => this.move(1), ArrowDown: () => this.move(1),
      k: () => this.move(-1), ArrowUp: () => this.move(-1),
      PageDown: () => this.move(20), PageUp: () => this.move(-20),
      Home: () => this.move(-this.rows.length), End: () => this.move(this.rows.length),
      Enter: () => this.open(), o: () => this.open(),
    };
  }
}
