// dom.js - builds elements. Data only ever becomes text nodes and checked attributes: there is no
// way from here to markup, whatever an attacker put on the wire.

const SVG = "http://www.w3.org/2000/svg";
const ATTRIBUTES = new Set([
  "class", "id", "role", "type", "name", "value", "placeholder", "title", "for", "tabindex",
  "autocomplete", "autocapitalize", "spellcheck", "maxlength", "scope", "colspan", "lang", "dir",
  "disabled", "checked", "selected", "hidden", "required", "open", "datetime", "autofocus",
  // svg geometry
  "viewBox", "width", "height", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "d",
  "points", "preserveAspectRatio", "text-anchor",
]);

function setAttribute(node, name, value) {
  if (value === false || value === null || value === undefined) return;
  if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
  else if (name.startsWith("aria-") || name.startsWith("data-")) node.setAttribute(name, value);
  else if (name === "href" && String(value).startsWith("#/")) node.setAttribute("href", value);
  else if (ATTRIBUTES.has(name)) node.setAttribute(name, value === true ? "" : value);
  else throw new Error(`attribute ${name} is not allowed`);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) setAttribute(node, name, value);
  append(node, children);
  return node;
}

export function append(node, children) {
  for (const child of [children].flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

// h("td", {class: "num"}, "12", h("b", {}, "3"))
export function h(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

export function replace(node, ...children) {
  node.replaceChildren();
  append(node, children);
}

// Control characters and signs that turn the direction of text are shown, never obeyed.
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;
export function visible(text) {
  return String(text ?? "").replace(
    INVISIBLE, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

// Text from the wire, kept apart from the direction of what stands around it.
export function wire(text, className) {
  return h("bdi", { class: className, title: visible(text) }, visible(text));
}
