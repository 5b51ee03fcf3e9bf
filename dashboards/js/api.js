// api.js - asks the server. A session that ended is told once, to whoever listens.

export class ApiError extends Error {
  constructor(status, text, retryAfter) {
    super(text);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

let onLogout = () => {};
export function whenLoggedOut(listener) {
  onLogout = listener;
}

async function request(method, path, body, signal) {
  const options = { method, signal, credentials: "same-origin", headers: {} };
  if (method === "POST") {
    options.headers = { "X-Sekisho": "1", "Content-Type": "application/json" };
    options.body = JSON.stringify(body ?? {});
  }
  let response;
  try {
    response = await fetch(`/api/v1/${path}`, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, "unreachable");
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  if (response.status === 401 && path !== "login") onLogout();
  throw new ApiError(response.status, answer.error ?? `HTTP ${response.status}`,
                     Number(response.headers.get("Retry-After")) || 0);
}

// Query values that are empty are left out.
export function get(path, query, signal) {
  const given = Object.entries(query ?? {}).filter(([, v]) => v !== "" && v !== null && v !== undefined);
  const text = new URLSearchParams(given).toString();
  return request("GET", text ? `${path}?${text}` : path, null, signal);
}

export function post(path, body) {
  return request("POST", path, body);
}
