// Who the page says is signed in. The gateway alone verifies the token; here it is only read, to
// know whether it speaks of the same person as before and whether it is about to expire.

import { sleep } from "./timing.js";

export const PATIENCE_MS = 5_000; // a page slow to say who it is must not stop us
const EXPIRY_MARGIN_S = 15;

export class Identity {
  #getToken = null;
  #token = null; // undefined: the page has been asked anew, and has not answered
  #turn = 0;

  /**
   * Asks the page who it is; returns a tag, equal for the same person at the same site, or null
   * when a later take() or drop() came first. The last word counts, not the last to arrive.
   */
  async take(getToken) {
    this.#turn += 1;
    const turn = this.#turn;
    const token = (await getToken()) ?? null;
    const tag = tagOf(token);
    if (turn !== this.#turn) return null;
    this.#turn += 1; // what was asked before counts no more
    this.#getToken = getToken;
    this.#token = token;
    return tag;
  }

  /**
   * The tag of who is signed in by now, "" for nobody and where the page fails to say; null if it
   * never said that anyone was, or says something newer meanwhile.
   */
  async check() {
    if (!this.#getToken) return null;
    const turn = this.#turn;
    const tag = await this.#ask().catch(() => "");
    return turn === this.#turn ? tag : null;
  }

  drop() {
    this.#turn += 1;
    this.#getToken = null;
    this.#token = null;
  }

  /**
   * A token good enough to send, or null for an anonymous visitor and where the page does not say
   * in time; `signal` ends the wait.
   */
  async token(signal, { fresh = false } = {}) {
    if (!this.#getToken) return null;
    const isStale = this.#token === undefined || (this.#token !== null && expiresSoon(this.#token));
    if (fresh || isStale) await Promise.race([this.#ask(), sleep(PATIENCE_MS, signal)]);
    return this.#token ?? null;
  }

  // The token from before goes first: whoever it spoke of may be the one who has left.
  async #ask() {
    const turn = this.#turn;
    this.#token = undefined;
    const token = (await this.#getToken()) ?? null;
    const tag = tagOf(token);
    if (turn === this.#turn) this.#token = token;
    return tag;
  }
}

function tagOf(token) {
  if (token === null) return ""; // the page says that nobody is
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
