// The middle column: one conversation, its actions and the reply. The server says whose it is; this
// shows that and offers only what may be done now. Every action answers with the conversation.

import { get, post } from "./api.js";
import { composerView, signal } from "./composer.js";
import { askAgent, askNote } from "./dialogs.js";
import { el, oneAtATime, redraw } from "./dom.js";
import { waitNode } from "./format.js";
import { label, t, topicLabel } from "./labels.js";
import { clearNotices, tell, warn, warnOf } from "./notices.js";
import { panelSections } from "./panel.js";
import { transcriptView } from "./transcript.js";
import { visitorName, visitorSite } from "./values.js";

// Nothing tells of the bot's talks, which are many; one that is being looked at is looked up again.
const BOT_TALK_EVERY_MS = 3_000;

/** `onAction(name, succeeded)` is called after each action. */
export function conversationView({ agent, onAction }) {
  let id = null;
  let shown = null;
  // The conversations in which an action is under way.
  const acting = new Set();
  let readMark = "";
  // Grows with every action: an answer to a question asked before it is out of date.
  let edition = 0;
  // The detail that the panel shows: while it is the same, no selection and no focus is drawn over.
  let known = "";

  const head = el("header", { class: "conversation-head" });
  const transcript = transcriptView();
  const composer = composerView({ agent, send, note });
  const node = el("section", {
    class: "pane conversation", "aria-label": t("conversation.transcript"),
  });
  const panel = el("aside", { class: "pane panel", tabindex: 0, "aria-label": t("panel.title") });

  const refresh = oneAtATime(async (isStale) => {
    if (!id) return;
    const [asked, editionThen] = [id, edition];
    try {
      const detail = await get(pathOf(asked));
      if (isStale() || asked !== id) return;
      if (editionThen !== edition) refresh();
      else show(detail);
    } catch (error) {
      if (asked !== id || error.status === 401) return;
      if (error.status === 404) showInstead(el("p", {}, t("conversation.gone")));
      else if (shown) warnOf(error);
      else showInstead(el("p", {}, error.sentence), retryButton());
    }
  });

  const watch = setInterval(() => {
    if (shown?.state === "bot" && document.visibilityState === "visible") refresh();
  }, BOT_TALK_EVERY_MS);

  function show(detail) {
    const isFirst = !shown;
    shown = detail;
    if (isFirst) node.replaceChildren(head, transcript.node, composer.node);
    drawHead();
    transcript.show(detail.id, detail.messages);
    composer.show(detail, lockedText(detail));
    noteRead();
    const news = JSON.stringify(detail);
    if (news === known) return;
    known = news;
    redraw(panel, panelSections(detail));
  }

  function showInstead(...content) {
    shown = null;
    known = "";
    node.replaceChildren(el("div", { class: "blank" }, ...content));
    panel.replaceChildren();
  }

  const isMine = () => shown.state === "agent" && shown.assignee?.id === agent.id;

  function lockedText({ state, assignee }) {
    if (isMine()) return "";
    return t(`reply.locked-${state}`, { name: assignee?.name ?? label("author", "agent") });
  }

  function drawHead() {
    markBusy();
    redraw(head,
      el("div", { class: "who" },
        el("h2", { id: "conversation-title", tabindex: -1 }, visitorName(shown)),
        el("p", { class: "meta" }, metaNodes())),
      el("div", { class: "actions" }, actionButtons()));
  }

  function metaNodes() {
    return [
      el("span", { class: `badge state-${shown.state}` }, standing()),
      shown.priority === "high" ? el("span", { class: "badge high" }, t("priority.high")) : null,
      el("span", { class: "badge", title: label("language", shown.language) },
        shown.language.toUpperCase()),
      ...[
        visitorSite(shown),
        shown.topic && topicLabel(shown.topic),
      ].filter(Boolean).map((fact) => el("span", {}, fact)),
    ];
  }

  /** Whose it is, or since when nobody's. */
  function standing() {
    if (isMine()) return t("conversation.with-you");
    if (shown.state === "agent" && shown.assignee) {
      return t("conversation.with", { name: shown.assignee.name });
    }
    if (shown.state !== "waiting" || !shown.waiting_since) return label("state", shown.state);
    const [before, after] = t("conversation.waits", { wait: "|" }).split("|");
    return [before, waitNode(shown.waiting_since), after];
  }

  function actionButtons() {
    const action = (name, work, look = "") =>
      el("button", { type: "button", id: `act-${name}`, class: look, onclick: work },
        t(`conversation.${name}`));
    if (["waiting", "bot"].includes(shown.state)) return [action("claim", claim, "primary")];
    if (!isMine()) return [];
    return [action("return", giveBack), action("transfer", handOver),
      action("resolve", resolve, "primary")];
  }

  function retryButton() {
    return el("button", { type: "button", onclick: () => open(id) }, t("app.retry"));
  }

  /**
   * Posts an action and shows its answer; resolves to whether the server did it. `asked` is the
   * conversation that is meant: another may have been opened since. What is tried again (`isAgain`)
   * leaves the notices as they are.
   */
  async function act(action, body, { onTrouble = warnOf, asked = id, isAgain = false } = {}) {
    if (acting.has(asked)) {
      onTrouble({ status: 0 });
      return false;
    }
    acting.add(asked);
    edition += 1;
    markBusy();
    if (!isAgain) clearNotices();
    try {
      const detail = await post(`${pathOf(asked)}/${action}`, body);
      if (asked === id) show(detail);
      onAction(action, true);
      return true;
    } catch (error) {
      onTrouble(error);
      onAction(action, false);
      refresh();
      return false;
    } finally {
      acting.delete(asked);
      edition += 1;
      markBusy();
    }
  }

  function markBusy() {
    head.setAttribute("aria-busy", String(acting.has(id)));
  }

  /** Lets the visitor see how far the agent has read; only while it is on screen. */
  function noteRead() {
    const last = shown.messages.findLast(({ author }) => author === "visitor")?.id ?? 0;
    if (!isMine() || document.visibilityState !== "visible") return;
    const mark = `${shown.id} ${last}`;
    if (mark === readMark) return;
    readMark = mark;
    signal(shown, { read: last });
  }

  async function claim() {
    const asked = id;
    const isOurs = await act("claim", {}, {
      onTrouble(error) {
        if (error.status === 409) warn(t("conversation.claimed-elsewhere"));
        else warnOf(error);
      },
    });
    if (!isOurs) return;
    tell(t("conversation.claimed"));
    if (asked === id) composer.focus();
  }

  async function giveBack() {
    const asked = id;
    if (await act("return-to-bot", {})) finish(asked, t("conversation.returned"));
  }

  async function handOver() {
    const asked = id;
    const colleague = await askAgent(agent);
    if (!colleague) return;
    if (await act("transfer", { agent: colleague.id }, { asked })) {
      finish(asked, t("conversation.transferred", { name: colleague.name }));
    }
  }

  async function resolve() {
    const asked = id;
    const note = await askNote();
    if (note === null) return;
    if (await act("resolve", note ? { note } : {}, { asked })) {
      finish(asked, t("conversation.resolved"));
    }
  }

  function finish(asked, sentence) {
    tell(sentence);
    // The button that was pressed is gone; without this the focus would fall to the page's start.
    if (asked === id) document.getElementById("conversation-title")?.focus();
  }

  /** "done", "refused", or "unknown": then the same id may be sent again, and is said once. */
  async function send(asked, { text, clientId, isAgain }) {
    let outcome = "refused";
    const isDone = await act("messages", { text, client_id: clientId }, {
      asked,
      isAgain,
      onTrouble(error) {
        if (error.status === 0 || error.status >= 500) outcome = "unknown";
        else if (error.status === 403 || error.status === 409) warn(t("reply.lost"));
        else warnOf(error);
      },
    });
    return isDone ? "done" : outcome;
  }

  async function note(text) {
    const isDone = await act("notes", { text });
    if (isDone) tell(t("reply.noted"));
    return isDone;
  }

  function open(next) {
    id = next;
    if (!id) {
      showInstead(
        el("img", { src: "/static/console/icon.svg", alt: "", width: 56, height: 56 }),
        el("p", {}, t("conversation.choose")),
        el("p", { class: "faint" }, t("conversation.choose-keys")));
      return Promise.resolve();
    }
    if (shown?.id !== id) showInstead(el("p", { class: "faint" }, t("app.loading")));
    return refresh();
  }

  return {
    node,
    panel,
    refresh,
    open,
    /** Puts the keyboard where the agent goes on: in the reply box, or on the title. */
    focus() {
      // Not from under the agent's hands: a slow answer may come while something is being typed.
      if (!shown || document.activeElement?.matches("input, textarea, select")) return;
      if (isMine()) composer.focus();
      else document.getElementById("conversation-title").focus();
    },
    close: () => clearInterval(watch),
    receive(conversation, message) {
      if (shown?.id !== conversation) return;
      transcript.add([message]);
      if (message.author === "visitor") transcript.signal({ typing: false });
    },
    /** What the visitor signals: typing, and the last message read. */
    signal(conversation, visitor) {
      if (shown?.id === conversation) transcript.signal(visitor);
    },
  };
}

const pathOf = (id) => `/agent/conversations/${encodeURIComponent(id)}`;
