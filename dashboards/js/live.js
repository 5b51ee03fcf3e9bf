// live.js - the one event stream of this page, and whether it holds.

const NAMES = ["alert", "incident", "notice", "sensor", "lost"];
const GRACE_MS = 4000; // the server ends streams now and then, and the browser opens them anew

const LOSS_MS = 5000;

const listeners = new Map(NAMES.map((name) => [name, new Set()]));
const watchers = new Set();
let source = null;
let state = "closed"; // "open", "lost", "closed"
let graceTimer = null;

function setState(next) {
  clearTimeout(graceTimer);
  graceTimer = null;
  if (next === state) return;
  const before = state;
  state = next;
  for (const watcher of watchers) watcher(state, before);
}

function lose() {
  if (state !== "lost" && !graceTimer) graceTimer = setTimeout(() => setState("lost"), GRACE_MS);
  if (source && source.readyState === EventSource.CLOSED) reopen();
}

// The browser gives up after an answer that is no stream (the server restarts); we do not.
let reopenTimer = null;
function reopen() {
  clearTimeout(reopenTimer);
  reopenTimer = setTimeout(() => source && open(), 2000);
}

function deliver(name, event) {
  let data;
  try {
    data = JSON.parse(event.data);
  } catch {
    return;
  }
  for (const listener of listeners.get(name)) listener(data);
}

export function open() {
  if (source) source.close();
  source = new EventSource("/api/v1/stream");
  source.onopen = () => setState("open");
  source.onerror = lose;
  for (const name of NAMES) source.addEventListener(name, (event) => deliver(name, event));
}

export function close() {
  clearTimeout(reopenTimer);
  if (source) source.close();
  source = null;
  setState("closed");
}

export function on(name, listener) {
  listeners.get(name).add(listener);
  return () => listeners.get(name).delete(listener);
}

// Calls reload whenever one of the names comes, and when events may have been missed: after the
// stream opened (anew), and after a loss, which a flood repeats every second, so not each time.
export function follow(names, reload) {
  let timer = null;
  const afterLoss = () => {
    timer ??= setTimeout(() => { timer = null; reload(); }, LOSS_MS);
  };
  const offs = [...names.map((name) => on(name, reload)), on("lost", afterLoss),
    onState((now) => now === "open" && reload())];
  return () => {
    clearTimeout(timer);
    offs.forEach((off) => off());
  };
}

export function onState(watcher) {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

export function current() {
  return state;
}
