// badges.js - small counts beside the tabs: open incidents, failed or unsent notices, bad sensors.
import * as api from "../api.js";
import * as live from "../live.js";
import { parseTime } from "../format.js";
import * as balance from "./balance.js";

const REFRESH_MS = 15000;
let values = {};
let links = [];
let timer = null;
let off = () => {};

async function openIncidents() {
  const { incidents } = await api.get("incidents", { state: "open", limit: 100 });
  return { n: incidents.length, kind: incidents.some((i) => i.severity === 1) ? "bad" : "calm" };
}

async function troubledNotices() {
  const { counts } = await api.get("notices", { limit: 1 });
  return counts.failed ? { n: counts.failed, kind: "bad" } : { n: counts.queued, kind: "calm" };
}

async function badSensors() {
  const answer = await api.get("sensors");
  const now = parseTime(answer.now);
  const bad = answer.sensors.filter((s) => {
    const waiting = answer.streams.filter((x) => x.org === s.org).reduce((n, x) => n + x.waiting, 0);
    const d = balance.delivery(s, waiting), p = balance.packets(s);
    return balance.verdict(s, d, p, now).some((v) => balance.BAD.has(v));
  });
  return { n: bad.length, kind: "bad" };
}

async function read() {
  const asked = { incidents: openIncidents, notices: troubledNotices, sensors: badSensors };
  await Promise.all(Object.entries(asked).map(async ([name, ask]) => {
    try {
      values[name] = await ask();
    } catch {
      // The view itself says what fails; an old count is better than none.
    }
  }));
  draw(links);
}

export function draw(to) {
  links = to;
  for (const a of links) {
    const { n, kind } = values[a.dataset.view] ?? { n: 0 };
    const badge = a.querySelector(".badge");
    badge.hidden = !n;
    badge.textContent = n >= 100 ? "99+" : String(n);
    badge.className = `badge badge-${kind}`;
  }
}

export function start(to) {
  links = to;
  read();
  timer = setInterval(read, REFRESH_MS);
  off = live.follow(["incident", "notice"], read);
}

export function stop() {
  clearInterval(timer);
  off();
  values = {};
}
