// charts.js - small drawings in SVG: alerts over time, bars of an equation, an incident's lanes.
import { h, svg } from "./dom.js";
import { t } from "./words.js";
import * as format from "./format.js";

// Alerts in equal steps of time, stacked by severity (gravest below). rows: newest first or not.
export function histogram(rows, bins = 96) {
  for (const row of rows) row.ms ??= format.parseTime(row.timestamp); // once a row, not once a drawing
  const times = rows.map((row) => row.ms).filter(Number.isFinite);
  if (times.length < 2) return null;
  const from = times.reduce((a, b) => Math.min(a, b)), to = times.reduce((a, b) => Math.max(a, b));
  if (to <= from) return null;
  const counts = Array.from({ length: bins }, () => [0, 0, 0, 0]);
  for (const row of rows) {
    const at = Math.floor(((row.ms - from) / (to - from)) * bins);
    counts[Math.min(bins - 1, Math.max(0, at || 0))][Math.min(4, row.severity || 4) - 1]++;
  }
  const top = Math.max(...counts.map((c) => c[0] + c[1] + c[2] + c[3]));
  const bars = counts.flatMap((c, i) => {
    let y = 100;
    return c.map((n, s) => {
      const height = (n / top) * 96;
      y -= height;
      return n && svg("rect", { class: `fill-sev-${s + 1}`, x: i * 10 + 1, y, width: 8, height });
    });
  });
  const label = t("histogram", { from: format.shortTime(from), to: format.shortTime(to) });
  return h("figure", { class: "histogram", role: "img", "aria-label": label, title: label },
    svg("svg", { viewBox: `0 0 ${bins * 10} 100`, preserveAspectRatio: "none" }, bars),
    h("figcaption", {}, h("span", {}, format.shortTime(from)), h("span", {}, format.shortTime(to))));
}

// A share from 0 to 1 as a small bar.
export function share(value) {
  const width = Math.max(0, Math.min(1, value)) * 100;
  return svg("svg", { class: "share", viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("rect", { class: "share-back", x: 0, y: 0, width: 100, height: 8 }),
    svg("rect", { class: "fill-wait", x: 0, y: 0, width, height: 8 }));
}

// whole = sum of parts, as a bar with its numbers. parts: {kind, label, n}.
export function equation(label, whole, parts) {
  const shown = parts.filter((p) => p.n > 0);
  let x = 0;
  const bars = shown.map((p) => {
    const width = whole ? Math.max(6, (p.n / whole) * 1000) : 0;
    const bar = svg("rect", { class: `fill-${p.kind}`, x, y: 0, width, height: 10 });
    x += width;
    return bar;
  });
  const terms = parts.filter((p) => p.n > 0 || p.always);
  return h("div", { class: "equation" },
    svg("svg", { class: "equation-bar", viewBox: `0 0 ${Math.max(1000, Math.ceil(x))} 10`, preserveAspectRatio: "none",
                 role: "img", "aria-label": `${label} ${whole}` }, bars),
    h("p", { class: "equation-text" }, h("b", {}, format.number(whole)), ` ${label}`,
      terms.map((p, i) => [h("span", { class: "sign" }, i ? "+" : "="), h("span", { class: `term term-${p.kind}` },
        h("b", {}, format.number(p.n)), ` ${p.label}`)])));
}

const LANE = 34, LEFT = 150, HEAD = 22;

function axis(from, to, width, height) {
  const marks = [];
  for (let i = 0; i <= 5; i++) {
    const x = LEFT + ((width - LEFT - 10) * i) / 5;
    const ms = from + ((to - from) * i) / 5;
    marks.push(svg("line", { class: "lane-tick", x1: x, x2: x, y1: HEAD, y2: height }),
      svg("text", { class: "lane-time", x, y: 13, "text-anchor": i === 0 ? "start" : i === 5 ? "end" : "middle" },
        format.shortTime(Math.round(ms))));
  }
  return marks;
}

// A lane for each organisation, its detections from first to last, the story's events as marks;
// width in px.
export function lanes(organisations, detections, events, nameOf, width) {
  const times = detections.flatMap((d) => [format.parseTime(d.first), format.parseTime(d.last)])
    .concat(events.map((e) => format.parseTime(e.timestamp))).filter(Number.isFinite);
  if (!times.length || !organisations.length) return null;
  const from = Math.min(...times), to = Math.max(Math.max(...times), from + 1000);
  const at = (text) => LEFT + ((format.parseTime(text) - from) / (to - from)) * (width - LEFT - 10);
  const height = HEAD + organisations.length * LANE + 4;
  const drawn = organisations.flatMap((id, i) => {
    const y = HEAD + i * LANE;
    const bars = detections.filter((d) => d.org === id)
      .sort((a, b) => b.severity - a.severity)
      .map((d) => svg("rect", { class: `fill-sev-${d.severity}`, x: at(d.first) - 2, y: y + 9,
        width: Math.max(5, at(d.last) - at(d.first)), height: 14, rx: 3 },
        svg("title", {}, `${d.signature} × ${d.count}`)));
    const marks = events.filter((e) => e.org === id).map((e) =>
      svg("circle", { class: `lane-event ev-${e.kind}`, cx: at(e.timestamp), cy: y + 16, r: 4.5 },
        svg("title", {}, format.shortTime(e.timestamp))));
    return [svg("line", { class: "lane-line", x1: 0, x2: width, y1: y + LANE, y2: y + LANE }),
      svg("text", { class: "lane-name", x: 2, y: y + 21 }, nameOf(id)), ...bars, ...marks];
  });
  return h("figure", { class: "lanes" },
    svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": t("timeline") },
      axis(from, to, width, height), drawn));
}
