// The left column: the list of conversations, its filters and its search.
// The server decides the order (oldest wait first) and what matches; this only shows it.

import { get } from "./api.js";
import { afterPause, el, oneAtATime, redraw } from "./dom.js";
import { briefly, timeNode, waitNode } from "./format.js";
import { codes, label, t, topicLabel } from "./labels.js";
import { warnOf } from "./notices.js";
import { isUnread, markRead } from "./unread.js";
import { visitorName, visitorSite } from "./values.js";

const STATES = ["waiting", "agent", "closed"];
const PAGE_ROWS = 50;
const MOST_ROWS = 500;
const TYPING_PAUSE_MS = 250;

// Kept here, so that they are the same after a visit to another tab or a change of language.
const filters = { state: "waiting", language: "", q: "" };

export function queueView({ agent }) {
  let rows = [];
  let hasMore = false;
  let limit = PAGE_ROWS;
  let selected = null;
  let drawn = new Map();

  const list = el("ul", { class: "rows", tabindex: -1, onkeydown: moveFocus });
  const foot = el("div", { class: "list-foot" });
  const states = el("fieldset", { class: "segments" });
  const search = el("input", {
    type: "search", id: "queue-search", value: filters.q,
    placeholder: t("queue.search"), "aria-label": t("queue.search"),
    oninput: afterPause(TYPING_PAUSE_MS, () => filter({ q: search.value.trim() })),
  });
  const languages = el("select", {
    id: "queue-language", "aria-label": t("queue.language"), value: filters.language,
    onchange: () => filter({ language: languages.value }),
  }, el("option", { value: "" }, t("queue.any-language")),
  codes("language").map((code) => el("option", { value: code }, label("language", code))));

  const refresh = oneAtATime(async (isStale) => {
    try {
      const page = await get("/agent/conversations", { ...filters, limit });
      if (isStale()) return;
      rows = page.conversations;
      hasMore = Boolean(page.next);
      draw();
    } catch (error) {
      if (error.status !== 401) warnOf(error);
    }
  });

  function filter(change) {
    Object.assign(filters, change);
    limit = PAGE_ROWS;
    return refresh();
  }

  function draw() {
    markRead(rows);
    const hadFocus = list.contains(document.activeElement);
    // A row that did not change keeps its node, so that a click in progress still lands on it.
    const kept = drawn;
    drawn = new Map();
    for (const row of rows) {
      const isSelected = row.id === selected;
      const key = JSON.stringify([row, isSelected, isUnread(row, agent)]);
      const old = kept.get(row.id);
      drawn.set(row.id, old?.key === key ? old : { key, node: rowNode(row, agent, isSelected) });
    }
    redraw(list, [...drawn.values()].map(({ node }) => node));
    if (hadFocus && !list.contains(document.activeElement)) list.focus({ preventScroll: true });
    foot.replaceChildren(...footNodes());
  }

  function footNodes() {
    if (!rows.length) {
      const filtered = filters.q || filters.language;
      const empty = filters.state === "waiting" ? "queue.empty-waiting" : "queue.empty";
      return [el("p", { class: "empty" }, t(filtered ? "queue.none-found" : empty))];
    }
    if (!hasMore) return [];
    if (limit >= MOST_ROWS) return [el("p", { class: "empty" }, t("app.narrow"))];
    const more = () => {
      limit = Math.min(limit + PAGE_ROWS, MOST_ROWS);
      refresh();
    };
    return [el("button", { type: "button", onclick: more }, t("app.more"))];
  }

  function setCounts({ waiting = null, unread = 0 }) {
    const marks = { waiting: waiting || null, agent: unread || null };
    redraw(states, el("legend", { class: "unseen" }, t("queue.state")), STATES.map((state) =>
      el("label", {},
        el("input", {
          type: "radio", name: "queue-state", id: `queue-${state}`, value: state,
          checked: filters.state === state, onchange: () => filter({ state }),
        }),
        el("span", {}, t(`queue.${state}`), marks[state] === null ? null
          : el("b", { class: `count ${state}` }, marks[state])))));
  }

  setCounts({});
  return {
    node: el("section", { class: "pane list", "aria-label": t("queue.title") },
      el("div", { class: "filters" }, states, search, languages), list, foot),
    refresh,
    setCounts,
    /** Marks the row of the conversation on screen. */
    select(id) {
      selected = id;
      draw();
    },
    /** Shows the list of `state`, where the conversation at hand now is. */
    goTo(state) {
      document.getElementById(`queue-${state}`).checked = true;
      return filter({ state });
    },
  };
}

function rowNode(row, agent, isSelected) {
  const unread = isUnread(row, agent);
  const waits = row.state !== "closed" && row.waiting_since;
  return el("li", {},
    el("a", {
      id: `row-${row.id}`, class: unread ? "row unread" : "row",
      href: `#/conversations/${encodeURIComponent(row.id)}`,
      "aria-current": isSelected ? "true" : null,
    },
    el("span", { class: "row-top" },
      unread ? el("span", { class: "dot" }, el("span", { class: "unseen" }, t("queue.unread"))) : null,
      el("strong", {}, visitorName(row)),
      waits ? waitNode(row.waiting_since) : timeNode(row.updated_at, briefly)),
    el("span", { class: "row-about" },
      [visitorSite(row), row.topic && topicLabel(row.topic)].filter(Boolean).join(" · ")),
    row.summary ? el("span", { class: "row-summary" }, row.summary) : null,
    el("span", { class: "badges" },
      el("span", { class: "badge", title: label("language", row.language) },
        row.language.toUpperCase()),
      row.priority === "high" ? el("span", { class: "badge high" }, t("priority.high")) : null,
      assigneeBadge(row, agent))));
}

function assigneeBadge({ assignee, state }, agent) {
  if (!assignee) return state === "closed" ? null : el("span", { class: "badge plain" }, t("queue.unassigned"));
  if (assignee.id === agent.id) return el("span", { class: "badge yours" }, t("queue.yours"));
  return el("span", { class: "badge plain" }, assignee.name);
}

/** The arrows, Home and End move between rows, as Tab would but faster. */
export function moveFocus(event) {
  const links = [...event.currentTarget.querySelectorAll("a.row")];
  const at = links.indexOf(document.activeElement);
  const target = {
    ArrowDown: links[at + 1], ArrowUp: links[at - 1], Home: links[0], End: links.at(-1),
  }[event.key];
  if (!target) return;
  event.preventDefault();
  target.focus();
}
