// The left column of the Conversations tab: its filters, its search, and what a row says.
// The server decides the order (oldest wait first) and what matches.

import { afterPause, el, redraw } from "./dom.js";
import { briefly, timeNode, waitNode } from "./format.js";
import { codes, label, t, topicLabel } from "./labels.js";
import { listView } from "./list.js";
import { isUnread, markRead } from "./unread.js";
import { visitorName, visitorSite } from "./values.js";

const STATES = ["waiting", "agent", "closed"];
const TYPING_PAUSE_MS = 250;

export function queueView({ agent }) {
  const list = listView({
    path: "/agent/conversations",
    plural: "conversations",
    noFilters: { state: "waiting", language: "", q: "" },
    idOf: ({ id }) => id,
    hrefOf: ({ id }) => `#/conversations/${encodeURIComponent(id)}`,
    lookOf: (row) => (isUnread(row, agent) ? "unread" : ""),
    contentOf: (row) => rowContent(row, agent),
    emptyText,
    beforeDrawing: markRead,
  });
  const states = el("fieldset", { class: "segments" });
  const search = el("input", {
    type: "search", id: "queue-search", value: list.filters.q,
    placeholder: t("queue.search"), "aria-label": t("queue.search"),
    oninput: afterPause(TYPING_PAUSE_MS, () => list.filter({ q: search.value.trim() })),
  });
  const languages = el("select", {
    id: "queue-language", "aria-label": t("queue.language"), value: list.filters.language,
    onchange: () => list.filter({ language: languages.value }),
  },
  el("option", { value: "" }, t("queue.any-language")),
  codes("language").map((code) => el("option", { value: code }, label("language", code))));

  function setCounts({ waiting, unread }) {
    const marks = { waiting, agent: unread };
    redraw(states, el("legend", { class: "unseen" }, t("queue.state")), STATES.map((state) =>
      el("label", {},
        el("input", {
          type: "radio", name: "queue-state", id: `queue-${state}`, value: state,
          checked: list.filters.state === state, onchange: () => list.filter({ state }),
        }),
        el("span", {}, t(`queue.${state}`),
          marks[state] ? el("b", { class: `count ${state}` }, marks[state]) : null))));
  }

  setCounts({});
  return {
    node: el("section", { class: "pane list", "aria-label": t("queue.title") },
      el("div", { class: "filters" }, states, search, languages), list.nodes),
    refresh: list.refresh,
    select: list.select,
    setCounts,
    /** Shows the list of `state`, where the conversation at hand now is. */
    goTo(state) {
      document.getElementById(`queue-${state}`).checked = true;
      return list.filter({ state });
    },
  };
}

function emptyText({ state, language, q }) {
  if (q || language) return t("queue.none-found");
  return t(state === "waiting" ? "queue.empty-waiting" : "queue.empty");
}

function rowContent(row, agent) {
  const about = [visitorSite(row), row.topic && topicLabel(row.topic)].filter(Boolean);
  // Once claimed, nobody waits any more, though the row still says since when it was so.
  const waits = row.state === "waiting" && row.waiting_since;
  return [
    el("span", { class: "row-top" },
      el("strong", {}, visitorName(row),
        isUnread(row, agent) ? el("span", { class: "unseen" }, ` (${t("queue.unread")})`) : null),
      waits ? waitNode(row.waiting_since) : timeNode(row.updated_at, briefly)),
    about.length ? el("span", { class: "row-about" }, about.join(" · ")) : null,
    row.summary ? el("span", { class: "row-summary" }, row.summary) : null,
    el("span", { class: "badges" },
      el("span", { class: "badge", title: label("language", row.language) },
        row.language.toUpperCase()),
      row.priority === "high" ? el("span", { class: "badge high" }, t("priority.high")) : null,
      holder(row, agent)),
  ];
}

function holder({ assignee, state }, agent) {
  if (assignee?.id === agent.id) return el("span", { class: "badge yours" }, t("queue.yours"));
  if (assignee) return el("span", { class: "badge plain" }, assignee.name);
  return state === "waiting" ? el("span", { class: "badge plain" }, t("queue.unassigned")) : null;
}
