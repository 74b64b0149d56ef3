// The messages of one conversation, as data. Keeps them in order and each of them once, whether it
// came with an answer, over the event stream or both; knows nothing of network or page.

/**
 * An entry: `id` (null until the server has numbered it), `author`, `kind`, `topic`, `text`, `html`,
 * `language`, `buttons`, `sources`, `createdAt`; for the visitor's own also `clientId`, `payload`,
 * `status` ("sending" | "sent" | "failed"), `isAnswered` (the server has answered its POST) and
 * `problem`, the label that says why it was refused. A `label` in place of `text` is a line of the
 * widget's own, worded by labels.js.
 */
export class Thread {
  entries = [];
  #known = new Set();

  /**
   * Takes in the transcript; what is still to be sent stays last. If the transcript holds some of
   * it, it is sent again all the same, for its answer: under its client_id nothing is done twice.
   */
  fill(messages) {
    const waiting = this.unsent();
    this.entries = this.entries.filter((entry) => !waiting.includes(entry));
    for (const message of messages) this.add(message);
    for (const own of waiting) {
      const stored = this.entries.findLast((entry) => entry.author === "visitor" && (
        entry.clientId ? entry.clientId === own.clientId : entry.text === own.text));
      if (stored) {
        const { clientId, payload } = own;
        Object.assign(stored, { clientId, payload, isAnswered: false });
      } else {
        this.entries.push(own);
      }
    }
  }

  /** The newest message of the server that is known; null before the first. */
  get lastId() {
    return this.entries.reduce((last, { id }) => (id > last ? id : last), null);
  }

  /** Takes in a message of the server; false when it was known already. */
  add(message) {
    if (this.#known.has(message.id)) return false;
    this.#known.add(message.id);
    const own = message.author === "visitor" ? this.#unnumbered(message) : undefined;
    if (own) {
      own.id = message.id;
      own.status = "sent";
      this.#putInOrder(own);
      // What was kept, not what was typed: the visitor sees that a health-card number is masked.
      if (!own.payload) own.text = message.text;
    } else {
      this.#insert(entryOf(message));
    }
    return true;
  }

  /** Adds what the visitor just said, not yet sent. */
  addOwn({ text, payload = null, clientId = newClientId() }) {
    const entry = {
      id: null, author: "visitor", kind: null, text, payload, clientId,
      buttons: [], sources: [], createdAt: new Date(),
      status: "sending", isAnswered: false, problem: null,
    };
    this.entries.push(entry);
    return entry;
  }

  /** Adds a line of the widget's own, such as "the earlier conversation has ended". */
  addLine(label) {
    this.entries.push({
      id: null, author: "system", kind: "notice", label,
      buttons: [], sources: [], createdAt: new Date(),
    });
  }

  /**
   * What is still to be sent, oldest first. A message that the event stream has shown to be stored
   * still counts until its POST is answered: repeating it is harmless and brings a lost answer.
   */
  unsent() {
    return this.entries.filter((entry) => entry.clientId && !entry.isAnswered && !entry.problem);
  }

  // A visitor's message comes back without saying which of ours it is, unless the server repeats
  // the client_id: the same words first, then the oldest that was sent (its words may be masked).
  #unnumbered(message) {
    const loose = this.entries.filter((entry) => entry.clientId && entry.id === null);
    if (message.client_id) return loose.find((entry) => entry.clientId === message.client_id);
    return loose.find((entry) => entry.text === message.text || entry.payload === message.text)
      ?? loose.find((entry) => entry.status !== "failed");
  }

  // Written while the line was cut, it may have been stored after what others said meanwhile.
  #putInOrder(own) {
    const place = this.entries.indexOf(own);
    const before = this.entries.findLastIndex(({ id }) => id !== null && id < own.id);
    if (before > place) this.entries.splice(before, 0, ...this.entries.splice(place, 1));
  }

  #insert(entry) {
    const later = this.entries.findIndex((other) => other.id !== null && other.id > entry.id);
    if (later === -1) this.entries.push(entry);
    else this.entries.splice(later, 0, entry);
  }
}

function entryOf(message) {
  return {
    id: message.id,
    author: message.author,
    kind: message.kind,
    topic: message.topic,
    text: message.text,
    html: message.html,
    language: message.language,
    buttons: message.buttons ?? [],
    sources: message.sources ?? [],
    createdAt: new Date(message.created_at),
    ...(message.author === "visitor" && {
      clientId: message.client_id, payload: null, status: "sent", isAnswered: true, problem: null,
    }),
  };
}

function newClientId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  // randomUUID exists only on HTTPS and localhost; a clinic may try the demo by its LAN address.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
