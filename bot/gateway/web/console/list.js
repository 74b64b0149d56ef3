// A column of rows from one of the contract's lists: fetching, keeping the focus and the clicks
// while it changes under the agent's hands, moving by arrow keys, showing more.

import { get } from "./api.js";
import { el, oneAtATime, redraw } from "./dom.js";
import { t } from "./labels.js";
import { warnOf } from "./notices.js";

const PAGE_ROWS = 50;
// What the server gives at most in one answer.
const MOST_ROWS = 500;

/**
 * `path` answers `{[plural]: rows, next}` to the filters, which are `noFilters` until some are
 * chosen, and then kept in this tab. Each row is a link: `idOf(row)`, `hrefOf(row)`, `lookOf(row)`
 * (its class), `contentOf(row)` (its children). `emptyText(filters)` is shown instead of no rows;
 * `beforeDrawing(rows)` runs each time.
 */
export function listView({
  path, plural, noFilters, idOf, hrefOf, lookOf, contentOf, emptyText, beforeDrawing = () => {},
}) {
  const filtersKey = `console.filters.${plural}`;
  const filters = { ...noFilters, ...JSON.parse(sessionStorage.getItem(filtersKey) ?? "{}") };
  let rows = null;
  let hasMore = false;
  let limit = PAGE_ROWS;
  let selected = null;
  let drawn = new Map();

  const list = el("ul", { class: "rows", tabindex: -1, onkeydown: moveFocus });
  const foot = el("div", { class: "list-foot" }, el("p", { class: "faint" }, t("app.loading")));

  const refresh = oneAtATime(async (isStale) => {
    try {
      const page = await get(path, { ...filters, limit });
      if (isStale()) return;
      rows = page[plural];
      hasMore = Boolean(page.next);
      draw();
    } catch (error) {
      if (error.status === 401) return;
      if (rows) warnOf(error);
      else foot.replaceChildren(el("p", {}, error.sentence), button("app.retry", refresh));
    }
  });

  function draw() {
    beforeDrawing(rows);
    const hadFocus = list.contains(document.activeElement);
    // A row that did not change keeps its node, so that a click in progress still lands on it.
    const kept = drawn;
    drawn = new Map(rows.map((row) => {
      const isSelected = idOf(row) === selected;
      const look = lookOf(row);
      const key = JSON.stringify([row, isSelected, look]);
      const old = kept.get(idOf(row));
      return [idOf(row), old?.key === key ? old : { key, node: rowNode(row, isSelected, look) }];
    }));
    redraw(list, [...drawn.values()].map(({ node }) => node));
    if (hadFocus && !list.contains(document.activeElement)) list.focus({ preventScroll: true });
    foot.replaceChildren(...footNodes());
  }

  function rowNode(row, isSelected, look) {
    return el("li", {}, el("a", {
      id: `row-${idOf(row)}`, class: `row ${look}`, href: hrefOf(row),
      "aria-current": isSelected ? "true" : null,
    }, contentOf(row)));
  }

  function footNodes() {
    if (!rows.length) return [el("p", { class: "faint" }, emptyText(filters))];
    if (!hasMore) return [];
    if (limit >= MOST_ROWS) return [el("p", { class: "faint" }, t("app.narrow"))];
    return [button("app.more", () => {
      limit = Math.min(limit + PAGE_ROWS, MOST_ROWS);
      refresh();
    })];
  }

  return {
    nodes: [list, foot],
    filters,
    refresh,
    /** Changes some filters and starts again at the first rows. */
    filter(change) {
      Object.assign(filters, change);
      sessionStorage.setItem(filtersKey, JSON.stringify(filters));
      limit = PAGE_ROWS;
      return refresh();
    },
    /** Marks the row of the thing on screen. */
    select(id) {
      selected = id;
      if (rows) draw();
    },
  };
}

const button = (key, onclick) => el("button", { type: "button", onclick }, t(key));

/** The arrows, Home and End move between rows, as Tab would but faster. */
function moveFocus(event) {
  const links = [...event.currentTarget.querySelectorAll("a.row")];
  const at = links.indexOf(document.activeElement);
  const target = {
    ArrowDown: links[at + 1], ArrowUp: links[at - 1], Home: links[0], End: links.at(-1),
  }[event.key];
  if (!target) return;
  event.preventDefault();
  target.focus();
}
