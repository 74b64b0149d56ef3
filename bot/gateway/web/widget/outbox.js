// Sends what the visitor said: one at a time and in order, each under its one client_id however
// often it is tried, so that a lost answer is asked for again and nothing is done twice.

import { backOffMs, sleep } from "./timing.js";

// The first repeat leaves the visitor time to press "retry" or to think better of it.
const BACK_OFF = { firstMs: 6_000, mostMs: 45_000 };

export class Outbox {
  isSending = false;
  #thread;
  #post;
  #on;
  #signal;
  #failures = 0;
  #isRetryPlanned = false;

  /**
   * @param {Thread} thread
   * @param {(entry) => Promise<{messages, state}>} post
   * @param {{answer, change, outage, gone}} on what to call when an answer came, when something
   *   visible changed, when the service went away (true) or came back (false), and when the
   *   conversation no longer exists
   * @param {AbortSignal} signal ends everything
   */
  constructor(thread, post, on, signal) {
    this.#thread = thread;
    this.#post = post;
    this.#on = on;
    this.#signal = signal;
  }

  /** Sends all that waits; call it after every addition and whenever it may go better now. */
  async flush() {
    if (this.isSending) return;
    this.isSending = true;
    let goesOn = true;
    while (goesOn && this.#thread.unsent().length > 0) {
      goesOn = await this.#attempt(this.#thread.unsent()[0]);
      if (this.#signal.aborted) return;
    }
    this.isSending = false;
    this.#on.change();
  }

  /** True when the next message may follow. */
  async #attempt(entry) {
    if (entry.id === null) entry.status = "sending";
    this.#on.change();
    try {
      const answer = await this.#post(entry);
      if (this.#signal.aborted) return false;
      entry.status = "sent";
      entry.isAnswered = true;
      this.#failures = 0;
      this.#on.outage(false);
      this.#on.answer(answer);
      return true;
    } catch (error) {
      if (this.#signal.aborted) return false;
      if (error.status === 404) {
        this.#on.gone();
        return false;
      }
      if (error.isUnavailable) {
        this.#tryLater(error.retryAfterMs);
        return false;
      }
      entry.status = "failed";
      entry.problem = error.status === 413 ? "tooLong" : "refused";
      return true;
    }
  }

  #tryLater(retryAfterMs) {
    for (const entry of this.#thread.unsent()) {
      if (entry.id === null) entry.status = "failed";
    }
    this.#on.outage(true);
    if (this.#isRetryPlanned) return;
    this.#isRetryPlanned = true;
    const delayMs = Math.max(backOffMs(this.#failures, BACK_OFF), retryAfterMs ?? 0);
    this.#failures += 1;
    sleep(delayMs, this.#signal).then(() => {
      this.#isRetryPlanned = false;
      if (!this.#signal.aborted) this.flush();
    });
  }
}
