// names.js - the directory: what organisations and centres are called.
import * as api from "./api.js";
import { both } from "./words.js";

let organisations = [];
let centres = [];

export async function load() {
  const answer = await api.get("organisations");
  organisations = answer.organisations ?? [];
  centres = answer.centres ?? [];
}

export function all() {
  return organisations;
}

// The name in the chosen language; an id the directory does not know stays as it is.
export function nameOf(id) {
  const known = organisations.find((o) => o.id === id) ?? centres.find((c) => c.id === id);
  return (known && both(known.name)) || id || "–";
}
