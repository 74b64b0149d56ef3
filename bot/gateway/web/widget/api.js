// The visitor's calls of the HTTP contract, one method each. Every failure becomes an ApiError,
// whose `isUnavailable` says whether the same call may succeed a little later.

const ANSWER_TIMEOUT_MS = 60_000; // a cold dialogue engine may need most of a minute

export class ApiError extends Error {
  constructor(status, message, retryAfterMs = 0) {
    super(message);
    this.name = "ApiError";
    this.status = status; // 0: no answer at all
    this.retryAfterMs = retryAfterMs;
  }

  get isUnavailable() {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

export class Api {
  #root;

  /** `home` is the gateway's address, a URL that ends in a slash. */
  constructor(home) {
    this.#root = new URL("api/v1/conversations", home).href;
  }

  create({ language, identity, pageUrl }, signal) {
    return this.#json("POST", "", { signal, body: { language, identity, page_url: pageUrl } });
  }

  transcript({ id, token }, signal) {
    return this.#json("GET", `/${id}`, { token, signal });
  }

  /** Goes on in the name of the same person, whose token before has ended or is about to. */
  renew({ id, token }, identity, signal) {
    return this.#json("PUT", `/${id}/identity`, { token, signal, body: { identity } });
  }

  /** `said` is `{text, client_id}` or `{payload, client_id}`; safe to repeat as it is. */
  send({ id, token }, said, signal) {
    return this.#json("POST", `/${id}/messages`, { token, signal, body: said });
  }

  /** `vote` is `{helpful, comment?}`; a later vote on the same message takes its place. */
  feedback({ id, token }, messageId, vote, signal) {
    const path = `/${id}/messages/${messageId}/feedback`;
    return this.#json("POST", path, { token, signal, body: vote });
  }

  /** Shows the agent `{typing?, read?}`. */
  signal({ id, token }, shown, signal) {
    return this.#json("POST", `/${id}/signals`, { token, signal, body: shown });
  }

  /**
   * Hands over the files that the bot asked for, `{users?: File, items?: File}`. `onProgress` is
   * told the share sent so far, 0 to 1; fetch cannot tell it, hence the older way.
   */
  upload({ id, token }, files, onProgress, signal) {
    const form = new FormData();
    for (const [name, file] of Object.entries(files)) form.append(name, file, file.name);
    const request = new XMLHttpRequest();
    request.open("POST", `${this.#root}/${id}/files`);
    request.setRequestHeader("Authorization", `Bearer ${token}`);
    request.responseType = "json";
    request.upload.onprogress = ({ loaded, total }) => onProgress(total ? loaded / total : 0);
    signal.addEventListener("abort", () => request.abort(), { once: true });
    return new Promise((resolve, reject) => {
      request.onload = () => {
        if (request.status < 300 && request.response) resolve(request.response);
        else reject(new ApiError(request.status, request.response?.detail ?? ""));
      };
      request.onerror = () => reject(new ApiError(0, "files: no answer"));
      request.onabort = request.onerror;
      request.send(form);
    });
  }

  erase({ id, token }, signal) {
    return this.#json("DELETE", `/${id}`, { token, signal });
  }

  /** The open response of the event stream; events after `lastEventId` come first. */
  events({ id, token }, lastEventId, signal) {
    const headers = { Accept: "text/event-stream" };
    if (lastEventId !== null) headers["Last-Event-ID"] = String(lastEventId);
    return this.#fetch("GET", `/${id}/events`, { token, signal, headers });
  }

  async #json(method, path, { signal, ...rest }) {
    const limit = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    const either = signal ? AbortSignal.any([signal, limit]) : limit;
    const response = await this.#fetch(method, path, { ...rest, signal: either });
    if (response.status === 204) return null;
    return response.json().catch(() => {
      throw new ApiError(0, `${method} ${path}: the answer was cut short`);
    });
  }

  async #fetch(method, path, { token, body, signal, headers = {} }) {
    if (token) headers.Authorization = `Bearer ${token}`;
    if (body) headers["Content-Type"] = "application/json";
    let response;
    try {
      response = await fetch(this.#root + path, {
        method, headers, signal,
        body: body && JSON.stringify(body),
        cache: "no-store",
        credentials: "omit",
      });
    } catch (error) {
      throw new ApiError(0, `${method} ${path}: ${error.message}`);
    }
    if (!response.ok) {
      const seconds = Number(response.headers.get("Retry-After")) || 0;
      throw new ApiError(response.status, `${method} ${path}: ${response.status}`, seconds * 1000);
    }
    return response;
  }
}
