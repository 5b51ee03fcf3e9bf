// router.js - the address bar is the state: "#/alerts?org=x&severity=2" can be sent to a colleague.

let onRoute = () => {};

export function parse(hash) {
  const [path, query] = hash.replace(/^#\/?/, "").split("?");
  let parts;
  try {
    parts = path.split("/").filter(Boolean).map(decodeURIComponent);
  } catch {
    parts = []; // a bad escape in a link leads home
  }
  return { view: parts[0] ?? "alerts", id: parts[1] ?? null,
           query: Object.fromEntries(new URLSearchParams(query ?? "")) };
}

export function href(view, id, query) {
  const given = Object.entries(query ?? {}).filter(([, v]) => v !== "" && v !== null && v !== undefined);
  const text = new URLSearchParams(given).toString();
  const path = id === null || id === undefined ? view : `${view}/${encodeURIComponent(id)}`;
  return `#/${path}${text ? `?${text}` : ""}`;
}

export function go(view, id, query) {
  location.hash = href(view, id, query);
}

// Changes the query of the current page without a new entry in the history or a new view.
export function amend(query) {
  const { view, id } = parse(location.hash);
  history.replaceState(null, "", href(view, id, query));
}

export function start(listener) {
  onRoute = listener;
  addEventListener("hashchange", () => onRoute(parse(location.hash)));
  onRoute(parse(location.hash));
}
