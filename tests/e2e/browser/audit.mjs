// audit.mjs - what can be checked of accessibility by looking at the page: contrast of text (WCAG 2.2
// SC 1.4.3), names of controls (4.1.2), landmarks. Each returns a list of complaints.

// Runs in the page.
function lowContrast() {
  const parse = (text) => {
    const n = /rgba?\(([^)]+)\)/.exec(text)?.[1].split(/[ ,/]+/).map(Number);
    return n && { r: n[0], g: n[1], b: n[2], a: n[3] ?? 1 };
  };
  const over = (top, under) => ({
    r: top.r * top.a + under.r * (1 - top.a), g: top.g * top.a + under.g * (1 - top.a),
    b: top.b * top.a + under.b * (1 - top.a), a: 1 });
  const channel = (v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
  const light = (c) => 0.2126 * channel(c.r) + 0.7152 * channel(c.g) + 0.0722 * channel(c.b);
  const background = (node) => {
    const layers = [];
    for (let at = node; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color?.a) layers.push(color);
      if (color?.a === 1) break;
    }
    return layers.reverse().reduce((under, top) => over(top, under), { r: 255, g: 255, b: 255, a: 1 });
  };
  const found = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || node.closest("svg, option, .hidden, noscript") || !node.checkVisibility()) continue;
    const under = background(node), style = getComputedStyle(node);
    const [a, b] = [light(over(parse(style.color), under)), light(under)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) found.add(`${ratio.toFixed(2)} ${node.tagName}.${node.className}: ${walker.currentNode.data.trim().slice(0, 30)}`);
  }
  return [...found];
}

function unnamed() {
  return [...document.querySelectorAll("button, a[href], input, select, [role=grid], [role=img], aside")]
    .filter((node) => node.checkVisibility())
    .filter((node) => !(node.getAttribute("aria-label") || node.textContent.trim() || node.labels?.length))
    .map((node) => node.outerHTML.slice(0, 80));
}

function landmarks() {
  const wrong = ["main", "nav", "body > #app > header"].filter((s) => document.querySelectorAll(s).length !== 1);
  if (!document.documentElement.lang) wrong.push("html lang");
  return wrong;
}

export async function complaints(page) {
  return [...await page.evaluate(lowContrast), ...await page.evaluate(unnamed), ...await page.evaluate(landmarks)];
}
