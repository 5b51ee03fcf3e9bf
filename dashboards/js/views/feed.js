// feed.js - the rows behind the alert list: filter, live arrivals, older pages. No drawing here.
import * as api from "../api.js";
import * as live from "../live.js";
import { address } from "../format.js";

export const LIMIT = 10000;
const PAGE = 500;
const CATCH_UP = 1000;
const REREAD_MS = 8000;

// The same test as the archive's, for alerts that come live.
export function fits(alert, filter) {
  if (filter.org && alert.org !== filter.org) return false;
  if (filter.severity && alert.severity > Number(filter.severity)) return false;
  if (filter.drill === "real" && alert.drill) return false;
  if (filter.drill === "only" && !alert.drill) return false;
  if (filter.detection && alert.detection !== Number(filter.detection)) return false;
  if (filter.incident) return false; // which incident it joins is not known yet
  if (!filter.text) return true;
  const text = filter.text.toLowerCase();
  return [alert.signature, alert.category, alert.src_ip, alert.dest_ip, address(alert.src_ip),
    address(alert.dest_ip), alert.host, alert.community_id]
    .some((field) => String(field ?? "").toLowerCase().includes(text));
}

export class Feed {
  // on: {reset(rows), arrived(rows), older(rows), waiting(n), lost(n), failed(error)}
  constructor(filter, on) {
    Object.assign(this, { filter, on });
    this.rows = [];
    this.ids = new Set();
    this.arrivals = [];
    this.paused = false;
    this.next = null;
    this.busy = null;
    this.offs = [live.on("alert", (a) => this.arrive(a)), live.on("lost", (l) => this.lose(l.count)),
      live.onState((state) => state === "open" && this.catchUp())];
    this.timer = setInterval(() => this.flush(), 250);
  }

  close() {
    this.closed = true;
    clearInterval(this.timer);
    clearTimeout(this.rereadTimer);
    this.busy?.abort();
    for (const off of this.offs) off();
  }

  query() {
    return { ...this.filter, limit: PAGE };
  }

  load() {
    this.loading = this.read();
    return this.loading;
  }

  async read() {
    this.busy?.abort();
    const mine = this.busy = new AbortController();
    this.readAt = performance.now();
    try {
      const answer = await api.get("alerts", this.query(), mine.signal);
      this.busy = null;
      this.rows = answer.alerts;
      this.ids = new Set(this.rows.map((r) => r.id));
      this.next = answer.next;
      this.arrivals = this.arrivals.filter((a) => !this.ids.has(a.id));
      this.on.reset(this.rows);
    } catch (error) {
      if (this.busy === mine) this.busy = null;
      if (error.name !== "AbortError") this.on.failed(error);
    }
  }

  // The stream opened (anew): what came between the list and the stream is fetched.
  async catchUp() {
    if (this.busy) {
      await this.loading;
      if (this.closed) return;
    }
    const after = this.rows.reduce((max, row) => Math.max(max, row.id), 0);
    try {
      const answer = await api.get("alerts", { ...this.filter, after: after || null, limit: CATCH_UP });
      if (this.closed) return;
      if (answer.alerts.length === CATCH_UP) this.load();
      else for (const alert of answer.alerts) this.arrive(alert, true);
    } catch {
      this.lose(0); // read anew in a while
    }
  }

  async older() {
    if (this.next === null || this.busy || this.rows.length >= LIMIT) return;
    const mine = this.busy = new AbortController();
    try {
      const answer = await api.get("alerts", { ...this.query(), before: this.next }, mine.signal);
      const fresh = answer.alerts.filter((a) => !this.ids.has(a.id));
      fresh.forEach((a) => this.ids.add(a.id));
      this.rows = this.rows.concat(fresh);
      this.next = answer.next;
      this.on.older(fresh);
    } catch (error) {
      if (error.name !== "AbortError") this.on.failed(error);
    } finally {
      if (this.busy === mine) this.busy = null;
    }
  }

  // matched: the archive has applied the filter already.
  arrive(alert, matched = false) {
    if (this.ids.has(alert.id) || !(matched || fits(alert, this.filter))) return;
    this.ids.add(alert.id);
    this.arrivals.push(alert);
    if (this.arrivals.length > LIMIT) this.ids.delete(this.arrivals.shift().id);
  }

  // Arrivals are drawn four times a second at most, however many come.
  flush() {
    if (!this.arrivals.length || this.busy) return;
    if (this.paused) {
      this.on.waiting(this.arrivals.length);
      return;
    }
    const rows = this.arrivals.sort((a, b) => b.id - a.id);
    this.arrivals = [];
    this.rows = rows.concat(this.rows);
    for (const gone of this.rows.splice(LIMIT)) this.ids.delete(gone.id);
    this.on.arrived(rows);
  }

  pause(on) {
    this.paused = on;
    this.on.waiting(on ? this.arrivals.length : 0);
    if (!on) this.flush();
  }

  // More came than the server sends live: read the list anew, but not all the time.
  lose(count) {
    this.lostCount = (this.lostCount ?? 0) + count;
    if (this.rereadTimer) return;
    const wait = Math.max(0, (this.readAt ?? 0) + REREAD_MS - performance.now());
    this.rereadTimer = setTimeout(() => {
      this.rereadTimer = null;
      if (this.lostCount) this.on.lost(this.lostCount);
      this.lostCount = 0;
      if (!this.paused) this.load();
    }, wait);
  }
}
