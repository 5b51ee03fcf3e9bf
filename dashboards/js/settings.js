// settings.js - what this browser's user prefers, kept in the browser.

const listeners = new Set();
const values = { lang: null, zone: "JST", theme: "system" };

function read(name) {
  try {
    return localStorage.getItem(`sekisho.${name}`);
  } catch {
    return null;
  }
}

function allowed(name, value) {
  const choices = { lang: ["ja", "en"], zone: ["JST", "UTC"], theme: ["system", "light", "dark"] };
  return choices[name].includes(value);
}

export function load() {
  for (const name of Object.keys(values)) {
    const kept = read(name);
    if (allowed(name, kept)) values[name] = kept;
  }
  values.lang ??= (navigator.language || "en").toLowerCase().startsWith("ja") ? "ja" : "en";
  apply();
}

function apply() {
  document.documentElement.lang = values.lang;
  if (values.theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = values.theme;
}

export function get(name) {
  return values[name];
}

export function set(name, value) {
  if (!allowed(name, value)) return;
  values[name] = value;
  try {
    localStorage.setItem(`sekisho.${name}`, value);
  } catch {
    // Not kept then; it holds until the page is closed.
  }
  apply();
  for (const listener of listeners) listener(name);
}

export function onChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
