// What a tab remembers over a reload: the conversation's key, and what its transcript cannot say.
// sessionStorage, never localStorage: clinics share computers, and a closed tab must forget.
// What tabs that are open side by side tell one another goes through tabs.js.

const KEY = "helpdesk-widget";

const NOTHING = Object.freeze({
  id: null,
  token: null,
  identityTag: "", // who it was started for; "" is an anonymous visitor
  draft: "", // written in the box, not sent yet
  unsent: [], // [{clientId, text, payload}]
  seen: 0, // id of the newest message that the panel has shown
  used: {}, // message id -> payload of the button pressed
  ratings: {}, // message id -> helpful?
});

// What the storage did not take, full or forbidden: newer than what stands there, if anything does.
let inMemory = null;

export function recall() {
  if (inMemory) return inMemory;
  try {
    return { ...NOTHING, ...JSON.parse(sessionStorage.getItem(KEY)) };
  } catch {
    return NOTHING; // forbidden
  }
}

export function remember(changes) {
  const all = { ...recall(), ...changes };
  try {
    sessionStorage.setItem(KEY, JSON.stringify(all));
    inMemory = null;
  } catch {
    inMemory = all;
  }
}

/** Forgets the conversation and all about it but what is `kept`; who is signed in stays. */
export function forgetConversation(kept = {}) {
  const { identityTag } = recall();
  inMemory = null;
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // forbidden: nothing was kept
  }
  remember({ identityTag, ...kept });
}
