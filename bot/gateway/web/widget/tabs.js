// Tabs of one site that are open side by side: they share the conversation, the buttons pressed,
// and who is signed in. A conversation lives as long as one of them is open, and no longer.

const CHANNEL = "helpdesk-widget";
const PATIENCE_MS = 120; // for another tab's answer; a tab that sleeps gives none

export class Tabs {
  #channel = null;
  #answers = new Set(); // listeners of ask()

  /**
   * @param {() => object} tellKept what this tab remembers, told to a tab that asks
   * @param {(news: {type: string}) => void} onNews what another tab did: {type: "pressed", id,
   *   used, ratings}, {type: "left", id} or {type: "person", tag}
   */
  constructor(tellKept, onNews) {
    if (typeof BroadcastChannel === "undefined") return;
    this.#channel = new BroadcastChannel(CHANNEL);
    this.#channel.onmessage = ({ data }) => {
      if (data.type === "who") {
        const kept = tellKept();
        if (kept.id) this.tell({ type: "here", kept });
      } else if (data.type === "here") {
        for (const answer of this.#answers) answer(data.kept);
      } else {
        onNews(data);
      }
    };
  }

  tell(news) {
    this.#channel?.postMessage(news);
  }

  /** The conversation that another tab has for this person, or null. */
  ask(identityTag) {
    if (!this.#channel) return Promise.resolve(null);
    return new Promise((resolve) => {
      const finish = (kept) => {
        if (kept && kept.identityTag !== identityTag) return;
        this.#answers.delete(finish);
        clearTimeout(timer);
        resolve(kept);
      };
      const timer = setTimeout(() => finish(null), PATIENCE_MS);
      this.#answers.add(finish);
      this.tell({ type: "who" });
    });
  }
}

/** Runs `open` while no other tab runs its own: two that begin at once begin one conversation. */
export function oneTabAtATime(open) {
  // Locks exist only on HTTPS and localhost; elsewhere two tabs at once may begin two.
  return navigator.locks ? navigator.locks.request(CHANNEL, open) : open();
}
