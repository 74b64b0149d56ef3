// Tabs of one site that are open side by side: they share the conversation, the buttons pressed,
// and who is signed in. A conversation lives as long as one of them is open, and no longer.
// A tab that has one holds a shared lock, so that another knows whether there is anybody to ask.

const CHANNEL = "helpdesk-widget";
const HERE = "helpdesk-widget-here";
const PATIENCE_MS = 3_000; // with a tab that is there, and slow or asleep
const BLIND_MS = 200; // where it cannot be known whether one is there

export class Tabs {
  #channel = null;
  #answers = new Set(); // listeners of ask()
  #leave = null; // lets the lock go

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
  async ask(identityTag) {
    const others = await countOthers();
    if (!this.#channel || others === 0) return null;
    return new Promise((resolve) => {
      let heard = 0;
      const finish = (kept) => {
        this.#answers.delete(listen);
        clearTimeout(timer);
        resolve(kept);
      };
      const listen = (kept) => {
        heard += 1;
        if (kept.identityTag === identityTag) finish(kept);
        else if (heard === others) finish(null);
      };
      const timer = setTimeout(() => finish(null), others === null ? BLIND_MS : PATIENCE_MS);
      this.#answers.add(listen);
      this.tell({ type: "who" });
    });
  }

  /** Lets other tabs know that this one has a conversation; until `leave`. */
  stay() {
    if (this.#leave || !navigator.locks) return Promise.resolve();
    return new Promise((isKnown) => {
      const held = new Promise((leave) => { this.#leave = leave; });
      navigator.locks.request(HERE, { mode: "shared" }, () => {
        isKnown();
        return held;
      });
    });
  }

  leave() {
    this.#leave?.();
    this.#leave = null;
  }
}

/** Runs `open` while no other tab runs its own: two that begin at once begin one conversation. */
export function oneTabAtATime(open) {
  // Locks exist only on HTTPS and localhost; elsewhere two tabs at once may begin two.
  return navigator.locks ? navigator.locks.request(CHANNEL, open) : open();
}

async function countOthers() {
  if (!navigator.locks) return null;
  const { held } = await navigator.locks.query();
  return held.filter(({ name }) => name === HERE).length;
}
