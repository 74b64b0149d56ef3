// One visitor's conversation from first opening to sign-out: starts or resumes it, keeps it in
// step with the gateway and with other tabs, and starts afresh when the person changes or the
// conversation is gone. `onChange` is called after every visible change; `snapshot()` is what there
// is to show. pulse.js says when the computer has slept, lost its network or come back.

import { Api, ApiError } from "./api.js";
import { Company } from "./company.js";
import { Identity, PATIENCE_MS } from "./identity.js";
import { labels, otherLanguage } from "./labels.js";
import { openConversation } from "./opening.js";
import { Outbox } from "./outbox.js";
import { forgetConversation, recall, remember } from "./store.js";
import { follow } from "./stream.js";
import { Tabs } from "./tabs.js";
import { Thread } from "./thread.js";
import { backOffMs, sleep } from "./timing.js";

const START_BACK_OFF = { firstMs: 1_500, mostMs: 20_000 };

export class Session {
  isOpen = false;
  onChange = () => {};
  #api;
  #identity = new Identity();
  #identified = Promise.resolve();
  #given; // the JWT that the gateway was last given for this conversation
  #tabs;
  #emit;
  #pageUrl;
  #language;
  #state;
  #phase; // "idle" | "starting" | "live"
  #outages; // which of "start", "send", "stream" find nobody there
  #isOffline = false;
  #thread;
  #outbox;
  #company;
  #life; // aborted when this conversation is over for us
  #line; // aborted when the event stream is to be opened anew
  #cursor; // the last message that a stream itself has given
  #nap; // aborted when waiting for the next attempt to start is in vain

  constructor({ home, language, pageUrl, emit }) {
    this.#api = new Api(home);
    this.#language = language;
    this.#pageUrl = pageUrl;
    this.#emit = emit;
    this.#tabs = new Tabs(recall, (news) => this.#hear(news));
    this.#blank();
    this.#sayAgain(recall().unsent); // cut off by a reload
  }

  snapshot() {
    const { used, ratings, draft } = recall();
    const isInTouch = !this.#isOffline && this.#outages.size === 0;
    const company = this.#company.shown(this.#state);
    return {
      language: this.#language,
      state: this.#state,
      entries: this.#thread.entries,
      used,
      ratings,
      draft,
      unread: this.#countUnread(),
      isLive: this.#phase === "live",
      trouble: this.#isOffline ? "offline" : this.#outages.size > 0 ? "unavailable" : null,
      isTyping: isInTouch && this.#state === "bot"
        && (this.#phase === "starting" || this.#outbox.isSending),
      ...company,
      isAgentTyping: isInTouch && company.isAgentTyping,
    };
  }

  // ---- lifecycle

  /** Takes up a conversation that this tab remembers, or what it had to say; starts none else. */
  resume() {
    if (recall().id || this.#thread.unsent().length > 0) this.start();
  }

  /** After a sleep, a lost network, a page brought back: nothing that was open can be trusted. */
  wake() {
    this.#nap?.abort();
    if (this.#phase !== "live") return;
    this.#tabs.stay();
    this.#listen();
    this.#outbox.flush();
  }

  /** The page is put away whole (back/forward cache), where an open stream would be cut. */
  rest() {
    this.#line?.abort();
    this.#tabs.leave();
  }

  setOffline(isOffline) {
    this.#isOffline = isOffline;
    this.onChange();
    if (!isOffline) this.wake();
  }

  /** Asks the page anew who is signed in: it may have changed while the page was put away. */
  recheckIdentity() {
    const checking = this.#learn(this.#identity.check());
    return Promise.race([checking, sleep(PATIENCE_MS, this.#life.signal)]);
  }

  /** Makes sure that there is a conversation; tries until there is. */
  async start() {
    if (this.#phase !== "idle") return;
    this.#phase = "starting";
    this.onChange();
    const life = this.#life.signal;
    await Promise.race([this.#identified, sleep(PATIENCE_MS, life)]);
    for (let attempt = 0; !life.aborted; attempt += 1) {
      try {
        const conversation = await this.#open(life);
        if (!life.aborted) this.#begin(conversation);
        return;
      } catch (error) {
        if (life.aborted) return;
        this.#setOut("start", true);
        const delayMs = Math.max(backOffMs(attempt, START_BACK_OFF), error.retryAfterMs ?? 0);
        this.#nap = new AbortController();
        await sleep(delayMs, AbortSignal.any([life, this.#nap.signal]));
      }
    }
  }

  /** Leaves this conversation for a new one. */
  restart() {
    const { id } = recall();
    this.#forget();
    if (id) this.#tabs.tell({ type: "left", id });
  }

  /** Has the gateway erase the conversation, then starts anew; false when it could not be done. */
  async erase() {
    try {
      await this.#api.erase(recall(), this.#life.signal);
    } catch (error) {
      if (error.status !== 404) return false;
    }
    this.restart();
    return true;
  }

  /** Learns who is signed in. The same person keeps the conversation, another one starts anew. */
  identify(getToken) {
    return this.#learn(this.#identity.take(getToken));
  }

  signOut() {
    this.#identity.drop();
    this.#identified = Promise.resolve();
    this.#become("");
  }

  // ---- what the visitor does

  send({ text, payload }) {
    this.#thread.addOwn({ text, payload });
    this.#keepUnsent();
    this.onChange();
    this.#push();
  }

  /** Presses a button of a message; each message takes one press. */
  press(entry, button) {
    const { used } = recall();
    if (used[entry.id] !== undefined) return;
    remember({ used: { ...used, [entry.id]: button.payload ?? button.title } });
    this.#tellPressed();
    this.send({ text: button.title, payload: button.payload });
  }

  /** Says which line of a recap is to be changed, in words; uses the recap's buttons up. */
  edit(entry, text) {
    this.press(entry, { title: text });
  }

  /** Hands over the files that the bot asked for; null, or the reason why they were refused. */
  async upload(entry, files, onProgress) {
    const { signal } = this.#life;
    try {
      await this.#vouch(signal);
      if (signal.aborted) return null;
      const answer = await this.#api.upload(recall(), files, onProgress, signal);
      if (signal.aborted) return null;
      remember({ used: { ...recall().used, [entry.id]: "files" } });
      this.#tellPressed();
      answer.messages?.forEach((message) => this.#receive(message));
      if (answer.state) this.#setState(answer.state);
      this.onChange();
      return null;
    } catch (error) {
      const { files } = labels(this.#language);
      if (error.status === 422) return error.message || files.refused; // told in their language
      return error.isUnavailable ? files.unavailable : files[error.status] ?? files.refused;
    }
  }

  keepDraft(draft) {
    remember({ draft });
    if (this.#state === "agent") this.#company.wrote(draft);
  }

  retry(entry) {
    entry.problem = null;
    this.#push();
  }

  /** Says whether an answer helped, and why not; false when that could not be recorded. */
  async rate(entry, vote) {
    try {
      await this.#api.feedback(recall(), entry.id, vote, this.#life.signal);
    } catch {
      return false;
    }
    remember({ ratings: { ...recall().ratings, [entry.id]: vote.helpful } });
    this.#tellPressed();
    this.onChange();
    return true;
  }

  /** The labels change at once; the wish goes out as an ordinary message, for bot or agent. */
  switchLanguage() {
    this.#language = otherLanguage(this.#language);
    this.send({ text: labels(this.#language).askForThisLanguage });
  }

  markRead() {
    this.#see();
    this.look();
    this.onChange();
  }

  /** The visitor may have messages before the eyes by now: an agent is shown that they are read. */
  look() {
    if (this.#state !== "agent" || !this.isOpen || document.hidden) return;
    this.#company.saw(this.#thread.lastId);
  }

  // ---- within

  #blank() {
    this.#life?.abort();
    this.#tabs.leave();
    this.#life = new AbortController();
    const life = this.#life.signal;
    this.#given = null;
    this.#phase = "idle";
    this.#state = "bot";
    this.#outages = new Set();
    this.#thread = new Thread();
    this.#outbox = new Outbox(this.#thread, (entry) => this.#post(entry, life), {
      answer: ({ messages, state }) => {
        messages.forEach((message) => this.#receive(message));
        this.#setState(state);
      },
      change: () => {
        this.#keepUnsent();
        this.onChange();
      },
      outage: (isOut) => this.#setOut("send", isOut),
      gone: () => this.#startAfresh(),
    }, life);
    this.#company = new Company((shown) => this.#api.signal(recall(), shown, life), life);
  }

  #forget({ draft = "", unsent = [] } = {}) {
    forgetConversation({ draft });
    this.#blank();
    this.#sayAgain(unsent);
    this.onChange();
    if (this.isOpen || unsent.length > 0) this.start();
  }

  // Words said before the page knew who was there are theirs; any others are not.
  #become(tag) {
    const { id, identityTag, draft, unsent } = recall();
    const isFirst = id === null && identityTag === "" && tag !== "";
    remember({ identityTag: tag });
    this.#forget(isFirst ? { draft, unsent } : {});
    this.#tabs.tell({ type: "person", tag });
  }

  #sayAgain(unsent) {
    for (const said of unsent) this.#thread.addOwn(said);
    this.#keepUnsent();
  }

  #tellPressed() {
    const { id, used, ratings } = recall();
    this.#tabs.tell({ type: "pressed", id, used, ratings });
  }

  // What another tab did. Of a person who has gone, this tab must keep nothing either.
  #hear({ type, id, tag, used, ratings }) {
    const kept = recall();
    if (type === "pressed" && id === kept.id) {
      remember({ used: { ...kept.used, ...used }, ratings: { ...kept.ratings, ...ratings } });
      this.onChange();
    } else if (type === "left" && id === kept.id) {
      this.#forget();
    } else if (type === "person" && tag !== kept.identityTag) {
      this.#identity.drop();
      remember({ identityTag: tag });
      this.#forget();
    }
  }

  // What is waited for before a conversation is begun: `asking` ends with a tag, or null.
  #learn(asking) {
    const learning = asking.then((tag) => {
      if (tag !== null && tag !== recall().identityTag) this.#become(tag);
    });
    this.#identified = learning.catch(() => {}); // the caller is told; start() only waits for the end
    return learning;
  }

  #push() {
    if (this.#phase === "live") this.#outbox.flush();
    else this.start(); // which sends what waits
  }

  #open(signal) {
    return openConversation({
      api: this.#api,
      tabs: this.#tabs,
      identity: this.#identity,
      language: this.#language,
      pageUrl: this.#pageUrl,
      signal,
      onNews: (label) => {
        this.#thread.addLine(label);
        if (label === "identityRefused") this.#emit("identity-refused");
      },
    });
  }

  #begin({ language, state, messages, identity = null }) {
    this.#language = language;
    this.#phase = "live";
    this.#given = identity;
    this.#thread.fill(messages);
    this.#cursor = this.#thread.lastId;
    this.#outages.delete("start");
    this.#setState(state);
    if (this.isOpen) this.#see();
    this.onChange();
    this.#outbox.flush();
    this.#listen();
  }

  // Follows the conversation; an earlier stream gives way. Goes on after what that one has given, for
  // an answer to a message may have come past others that it never gave.
  #listen() {
    const { id, token } = recall();
    const conversation = { id, token };
    this.#line?.abort();
    this.#line = new AbortController();
    follow({
      connect: (lastId, signal) => {
        this.#company.hush();
        this.onChange();
        return this.#api.events(conversation, lastId, signal)
          .catch((error) => this.#orGone(error, conversation, signal));
      },
      cursor: this.#cursor,
      signal: AbortSignal.any([this.#life.signal, this.#line.signal]),
      onTrouble: (isCut) => {
        this.#setOut("stream", isCut);
        // A line that carries the stream again carries words too: no need to wait for the next try.
        if (!isCut) this.#outbox.flush();
      },
      onGone: () => this.#startAfresh(),
      onFrame: ({ event, id, data }) => {
        this.#cursor = id ?? this.#cursor;
        const news = JSON.parse(data);
        if (event === "message") this.#receive(news);
        if (event === "state") this.#setState(news.state, news);
        if (event === "agent") this.#company.hear(news);
        this.look();
        this.onChange();
      },
    });
  }

  async #post(entry, life) {
    await this.#vouch(life);
    const { id, token } = recall();
    const said = entry.payload ? { payload: entry.payload } : { text: entry.text };
    return this.#api.send({ id, token }, { ...said, client_id: entry.clientId }, life)
      .catch((error) => this.#orGone(error, { id, token }, life));
  }

  // An identity ends with its token: a fresh one goes ahead of what is said and handed over.
  async #vouch(life) {
    const { id, token } = recall();
    const identity = await this.#identity.token(life).catch(() => null);
    if (identity === null || identity === this.#given || life.aborted) return;
    try {
      await this.#api.renew({ id, token }, identity, life);
    } catch (error) {
      if (error.status !== 403) return; // the next message tries again
    }
    if (!life.aborted) this.#given = identity; // or it is somebody else's, and never taken here
  }

  // A 404 may come from a proxy or from one call alone; only when the transcript is gone too is
  // the conversation gone. Otherwise we would start new ones without end.
  async #orGone(error, conversation, signal) {
    if (error.status !== 404) throw error;
    await this.#api.transcript(conversation, signal);
    throw new ApiError(400, `${error.message}, though the conversation exists`);
  }

  #receive(message) {
    if (!this.#thread.add(message) || message.author === "visitor") return;
    if (message.author === "bot") this.#language = message.language ?? this.#language;
    if (this.isOpen) this.#see();
    this.#emit("message", message);
  }

  // The gateway no longer has the conversation (erased, or past its keeping): words not yet sent
  // go to the new one; button presses do not, for nothing there offered them.
  #startAfresh() {
    const unsent = this.#thread.unsent().filter((entry) => entry.payload === null);
    const { draft } = recall();
    forgetConversation({ draft });
    this.#blank();
    this.#thread.addLine("startedAfresh");
    this.#sayAgain(unsent);
    this.start();
  }

  #see() {
    remember({ seen: Math.max(recall().seen, this.#thread.lastId) });
  }

  #countUnread() {
    const { seen } = recall();
    const isNews = ({ id, author }) => id > seen && author !== "visitor";
    return this.isOpen ? 0 : this.#thread.entries.filter(isNews).length;
  }

  #keepUnsent() {
    const unsent = this.#thread.unsent().map(({ clientId, text, payload }) => (
      { clientId, text, payload }));
    remember({ unsent });
  }

  // An answer tells the state alone; the queue and the agent are told of by the event stream.
  #setState(state, details = null) {
    const isNew = state !== this.#state;
    if (details || isNew) this.#company.stand(details ?? {});
    if (!isNew) return;
    this.#state = state;
    this.#emit("state", state);
  }

  #setOut(where, isOut) {
    if (isOut) this.#outages.add(where);
    else this.#outages.delete(where);
    this.onChange();
  }
}
