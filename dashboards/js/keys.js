// keys.js - keys that work anywhere, and those of the open view. Typing in a field is left alone.

const base = new Map();
let view = new Map();
let leader = null; // "g" waits for its second key

export function bind(key, action) {
  base.set(key, action);
}

// A view's keys replace those of the view before.
export function bindView(actions) {
  view = new Map(Object.entries(actions ?? {}));
}

function typing(target) {
  return target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

function name(event) {
  if (leader && performance.now() - leader < 1500) {
    leader = null;
    return `g ${event.key}`;
  }
  leader = event.key === "g" ? performance.now() : null;
  return event.key;
}

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (typing(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (document.querySelector("dialog[open]")) return;
  const key = name(event);
  const isPress = event.target instanceof HTMLElement && event.target.closest("a, button, summary");
  if (isPress && (key === "Enter" || key === " ")) return;
  const action = view.get(key) ?? base.get(key);
  if (!action) return;
  event.preventDefault();
  action();
});
