// The visitor and people of the support team, as they see each other: the place in the queue, who
// answers, whether that person writes and how far they have read; the other way round, that the
// visitor writes and how far the visitor has read. None of it is kept, and nothing is lost when it
// does not arrive. Used by session.js alone.

const TYPING_EVERY_MS = 4_000; // a signal of it holds for 6 s
const READ_AFTER_MS = 400; // several messages at once are read at once

export class Company {
  read = 0; // the last message that the agent has seen
  #place = null;
  #within = null;
  #agent = null;
  #isTyping = false;
  #post;
  #signal;
  #writtenAt = null; // when it was last signalled; null once it was signalled to be over
  #seen = 0;
  #isReadPlanned = false;

  /**
   * @param {(signal: {typing?: boolean, read?: number}) => Promise} post
   * @param {AbortSignal} signal ends everything
   */
  constructor(post, signal) {
    this.#post = post;
    this.#signal = signal;
  }

  /** What there is to show of it in this state; `within` in minutes, null where nobody knows. */
  shown(state) {
    return {
      read: this.read,
      queue: state === "waiting" && this.#place ? { place: this.#place, within: this.#within } : null,
      agent: state === "agent" ? this.#agent : null,
      isAgentTyping: state === "agent" && this.#isTyping,
    };
  }

  /** Takes in what an event says of the queue or of the agent. */
  stand({ place = null, within_min: within = null, agent = null }) {
    this.#place = place;
    this.#within = within;
    this.#agent = agent;
  }

  hear({ typing, read }) {
    this.#isTyping = typing;
    this.read = Math.max(this.read, read);
  }

  /** The line was cut: whether somebody is still writing cannot be known. */
  hush() {
    this.#isTyping = false;
  }

  /** Lets the agent know that the visitor writes, or has stopped to: there is no text any more. */
  wrote(text) {
    const now = Date.now();
    if (text === "" && this.#writtenAt !== null) {
      this.#writtenAt = null;
      this.#tellOfWriting(false);
    } else if (text !== "" && now - (this.#writtenAt ?? -Infinity) > TYPING_EVERY_MS) {
      this.#writtenAt = now;
      this.#tellOfWriting(true);
    }
  }

  /** Lets the agent know that the visitor has seen everything up to this message. */
  saw(id) {
    if (id <= this.#seen) return;
    this.#seen = id;
    if (this.#isReadPlanned) return;
    this.#isReadPlanned = true;
    setTimeout(() => {
      this.#isReadPlanned = false;
      this.#tell({ read: this.#seen }); // of the writing this says nothing: it may come late
    }, READ_AFTER_MS);
  }

  #tellOfWriting(typing) {
    this.#tell(this.#seen > 0 ? { typing, read: this.#seen } : { typing });
  }

  #tell(signal) {
    if (!this.#signal.aborted) this.#post(signal).catch(() => {}); // the next one says it again
  }
}
