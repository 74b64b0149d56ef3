// Who the page says is signed in. The gateway alone verifies the token; here it is only read, to
// know whether it speaks of the same person as before and whether it is about to expire.

const EXPIRY_MARGIN_S = 15;

export class Identity {
  #getToken = null;
  #token = null;
  #turn = 0;

  /**
   * Asks the page who it is; returns a tag, equal for the same person at the same site, or null
   * when a later take() or drop() came first. The last word counts, not the last to arrive.
   */
  async take(getToken) {
    this.#turn += 1;
    const turn = this.#turn;
    const token = await getToken();
    const tag = tagOf(token);
    if (turn !== this.#turn) return null;
    this.#getToken = getToken;
    this.#token = token;
    return tag;
  }

  /** The tag of who is signed in by now, "" for nobody; null if the page never said anyone was. */
  async check() {
    if (!this.#getToken) return null;
    this.#token = await this.#getToken();
    return tagOf(this.#token);
  }

  drop() {
    this.#turn += 1;
    this.#getToken = null;
    this.#token = null;
  }

  /** A token good enough to send, or null for an anonymous visitor. */
  async token({ fresh = false } = {}) {
    if (!this.#getToken) return null;
    if (fresh || (this.#token && expiresSoon(this.#token))) this.#token = await this.#getToken();
    return this.#token;
  }
}

function tagOf(token) {
  if (token === null || token === undefined) return ""; // the page says that nobody is
  const { external_id: person, site_number: site = "" } = claimsOf(token);
  return `${person}@${site}`;
}

function expiresSoon(token) {
  const { exp = 0 } = claimsOf(token);
  return exp - EXPIRY_MARGIN_S < Date.now() / 1000;
}

function claimsOf(token) {
  const base64 = String(token).split(".")[1]?.replaceAll("-", "+").replaceAll("_", "/");
  try {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new TypeError("identify() wants a function that gives a JWT");
  }
}
