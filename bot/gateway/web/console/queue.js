// The left column of the Conversations tab: its filters, its search, and what a row says.
// The server decides the order (oldest wait first) and what matches.

import { afterPause, el, redraw } from "./dom.js";
import { briefly, isLate, timeNode, waitNode } from "./format.js";
import { codes, hasLabel, label, t, topicLabel } from "./labels.js";
import { listView } from "./list.js";
import { isUnread, markRead } from "./unread.js";
import { visitorName, visitorSite } from "./values.js";

const STATES = ["waiting", "agent", "closed"];
const TOPICS = ["faq", "fees", "cancellation", "ticket"];
const TYPING_PAUSE_MS = 250;

export function queueView({ agent }) {
  const list = listView({
    path: "/agent/conversations",
    plural: "conversations",
    noFilters: {
      state: "waiting", language: "", topic: "", priority: "", site: "", mine: "", q: "",
    },
    idOf: ({ id }) => id,
    hrefOf: ({ id }) => `#/conversations/${encodeURIComponent(id)}`,
    lookOf: (row) => [
      isUnread(row, agent) ? "unread" : "", isWaitingLate(row) ? "late" : "",
    ].filter(Boolean).join(" "),
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

  const choices = (name, kind, options) => {
    const select = el("select", {
      id: `queue-${name}`, "aria-label": t(`queue.${name}`), value: list.filters[name],
      onchange: () => list.filter({ [name]: select.value }),
    },
    el("option", { value: "" }, t(`queue.any-${name}`)),
    options.map((code) => el("option", { value: code }, label(kind, code))));
    return select;
  };
  const site = el("input", {
    id: "queue-site", inputmode: "numeric", maxlength: 6, value: list.filters.site,
    placeholder: t("queue.site"), "aria-label": t("queue.site"),
    oninput: afterPause(TYPING_PAUSE_MS, () =>
      list.filter({ site: site.value.replace(/\D/g, "") })),
  });
  const mine = el("input", { type: "checkbox", id: "queue-mine",
    checked: Boolean(list.filters.mine),
    onchange: () => list.filter({ mine: mine.checked ? "true" : "" }) });
  const isNarrowed = ["language", "topic", "priority", "site", "mine"]
    .some((name) => list.filters[name]);
  const more = el("details", { class: "more-filters", open: isNarrowed },
    el("summary", {}, t("queue.filters")),
    el("div", {}, languages, choices("topic", "topic", TOPICS),
      choices("priority", "priority", ["high", "normal"]), site,
      el("label", { class: "check", for: "queue-mine" }, mine, t("queue.mine"))));

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
      el("div", { class: "filters" }, states, search, more), list.nodes),
    refresh: list.refresh,
    select: list.select,
    setCounts,
    /** Shows the list of `state`, where the conversation at hand now is. */
    goTo(state) {
      // Found in what is ours: the agent may have gone to another tab, and all this off the page.
      states.querySelector(`#queue-${state}`).checked = true;
      return list.filter({ state });
    },
  };
}

function emptyText({ state, ...others }) {
  if (Object.values(others).some(Boolean)) return t("queue.none-found");
  return t(state === "waiting" ? "queue.empty-waiting" : "queue.empty");
}

function rowContent(row, agent) {
  const about = [visitorSite(row), row.topic && topicLabel(row.topic)].filter(Boolean);
  // Most have asked for a person: only another reason is worth a word.
  const hasReason = row.state === "waiting" && row.reason !== "asked" && hasLabel("reason", row.reason);
  return [
    el("span", { class: "row-top" },
      el("strong", {}, visitorName(row),
        isUnread(row, agent) ? el("span", { class: "unseen" }, ` (${t("queue.unread")})`) : null),
      isWaitingLate(row) ? el("span", { class: "unseen" }, t("queue.late")) : null,
      row.waiting_since ? waitNode(row.waiting_since) : timeNode(row.updated_at, briefly)),
    el("span", { class: "row-about" },
      el("span", { class: "badge", title: label("language", row.language) },
        row.language.toUpperCase()),
      el("span", { title: about.join(" · ") }, about.join(" · "))),
    row.summary ? el("span", { class: "row-summary" }, row.summary) : null,
    row.priority === "high" || hasReason || row.assignee ? el("span", { class: "badges" },
      row.priority === "high" ? el("span", { class: "badge high" }, t("priority.high")) : null,
      hasReason ? el("span", { class: "badge" }, label("reason", row.reason)) : null,
      holder(row, agent)) : null,
  ];
}

const isWaitingLate = (row) => row.state === "waiting" && isLate(row.waiting_since);

function holder({ assignee }, agent) {
  if (assignee?.id === agent.id) return el("span", { class: "badge yours" }, t("queue.yours"));
  return assignee ? el("span", { class: "badge plain" }, assignee.name) : null;
}
