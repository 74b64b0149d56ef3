// Gets a conversation: the one that this tab or another one remembers if the gateway still has it,
// else a new one, in the visitor's name if that name is accepted. Asks once; trying again later is
// the caller's part.

import { ApiError } from "./api.js";
import { forgetConversation, recall, remember } from "./store.js";
import { oneTabAtATime } from "./tabs.js";

/**
 * @param {object} options
 * @param {Api} options.api
 * @param {Tabs} options.tabs
 * @param {Identity} options.identity
 * @param {string} options.language of a new conversation
 * @param {string} options.pageUrl
 * @param {(label: string) => void} options.onNews told "startedAfresh" when the remembered one is
 *   gone, "identityRefused" when the new one is anonymous against the visitor's wish
 * @param {AbortSignal} options.signal
 * @returns {Promise<{id, token, language, state, messages, identity}>} `identity` is the JWT that it
 *   was begun with, null for nobody's, undefined for one that there was already
 * @throws {ApiError} when the gateway cannot be had
 */
export function openConversation(options) {
  return oneTabAtATime(async () => {
    const conversation = await open(options);
    // At once, and not by the caller later: the next tab begins as soon as this one lets it.
    if (options.signal.aborted) return conversation;
    remember({ id: conversation.id, token: conversation.token });
    await options.tabs.stay();
    return conversation;
  });
}

async function open({ api, tabs, identity, language, pageUrl, onNews, signal }) {
  if (!recall().id) {
    const theirs = await tabs.ask(recall().identityTag);
    if (theirs) {
      const { id, token, used, ratings, seen } = theirs;
      remember({ id, token, used, ratings, seen });
    }
  }
  const { id, token } = recall();
  if (id) {
    try {
      return { ...(await api.transcript({ id, token }, signal)), token };
    } catch (error) {
      if (error.status !== 404) throw error;
      const { draft, unsent } = recall();
      forgetConversation({ draft, unsent });
      onNews("startedAfresh");
    }
  }
  const created = await createInTheirName({ api, identity, language, pageUrl, signal });
  if (created) {
    // Under the tag of whoever another tab said has signed in, it would be taken up as theirs.
    if (created.identity === null && !signal.aborted) remember({ identityTag: "" });
    return created;
  }
  identity.drop();
  onNews("identityRefused");
  return { ...(await api.create({ language, pageUrl }, signal)), identity: null };
}

// Null when the identity is refused, or the page cannot give one, even with a fresh token.
async function createInTheirName({ api, identity, language, pageUrl, signal }) {
  for (const fresh of [false, true]) {
    try {
      const jwt = await identity.token(signal, { fresh });
      const created = await api.create({ language, pageUrl, identity: jwt ?? undefined }, signal);
      return { ...created, identity: jwt };
    } catch (error) {
      const isAboutIdentity = error.status === 401 || !(error instanceof ApiError);
      if (!isAboutIdentity || signal.aborted) throw error;
    }
  }
  return null;
}
