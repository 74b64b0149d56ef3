// The only module that speaks HTTP. Every answer is JSON; every failure becomes an ApiError that
// carries the status (0 when the server could not be reached) and the problem's detail.
// A 401 outside sign-in means that the session is over: `session` then fires "ended".

import { language, t } from "./labels.js";

const ROOT = "/api/v1";
const TIMEOUT_MS = 15_000;
const CSRF_KEY = "console.csrf";

export const session = new EventTarget();

let clockOffset_ms = 0;

export class ApiError extends Error {
  constructor(status, problem = {}) {
    super(problem.detail || problem.title || `HTTP ${status}`);
    this.status = status;
    this.detail = problem.detail || "";
  }

  /** What to tell the agent, in the console's language. */
  get sentence() {
    const known = [0, 401, 403, 404, 409, 413, 422, 429];
    if (known.includes(this.status)) return t(`error.${this.status}`);
    return t(this.status >= 500 ? "error.server" : "error.other");
  }
}

export const get = (path, query, timeout_ms = TIMEOUT_MS) =>
  call("GET", path + queryString(query), undefined, timeout_ms);
export const post = (path, body = {}, timeout_ms = TIMEOUT_MS) =>
  call("POST", path, body, timeout_ms);
export const put = (path, body) => call("PUT", path, body);
export const patch = (path, body) => call("PATCH", path, body);
export const remove = (path) => call("DELETE", path);

export function setCsrfToken(token) {
  if (token) sessionStorage.setItem(CSRF_KEY, token);
  else sessionStorage.removeItem(CSRF_KEY);
}

/** The server's time in milliseconds: a waiting time must not depend on this computer's clock. */
export function serverNow() {
  return Date.now() + clockOffset_ms;
}

function queryString(query = {}) {
  const filled = Object.entries(query).filter(([, value]) => value !== "" && value !== null);
  return filled.length ? `?${new URLSearchParams(filled)}` : "";
}

async function call(method, path, body, timeout_ms = TIMEOUT_MS) {
  const headers = { Accept: "application/json", "Accept-Language": language() };
  if (method !== "GET") headers["X-CSRF-Token"] = sessionStorage.getItem(CSRF_KEY) ?? "";
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(ROOT + path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(timeout_ms),
      cache: "no-store",
    });
  } catch {
    throw new ApiError(0);
  }
  noteClock(response.headers.get("Date"));
  const answer = await readJson(response);
  if (response.ok) return answer;
  if (response.status === 401 && path !== "/agent/session") {
    session.dispatchEvent(new Event("ended"));
  }
  throw new ApiError(response.status, answer ?? {});
}

async function readJson(response) {
  if (response.status === 204) return null;
  try {
    return await response.json();
  } catch {
    // A proxy in between answers in HTML; the status says enough. An answer cut short does not.
    if (response.ok) throw new ApiError(0);
    return null;
  }
}

function noteClock(date) {
  const offset_ms = Date.parse(date ?? "") - Date.now();
  // The header counts whole seconds: a smaller difference says nothing.
  if (!Number.isNaN(offset_ms)) clockOffset_ms = Math.abs(offset_ms) > 2_000 ? offset_ms : 0;
}
