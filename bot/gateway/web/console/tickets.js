// The Tickets tab: the list with its filters, and one ticket beside it.

import { afterPause, el } from "./dom.js";
import { briefly, timeNode } from "./format.js";
import { codes, label, t } from "./labels.js";
import { listView } from "./list.js";
import { isUndeliverable, ticketView } from "./ticket.js";
import { requesterName, visitorSite } from "./values.js";

const TYPING_PAUSE_MS = 250;

export function ticketsView() {
  const list = listView({
    path: "/agent/tickets",
    plural: "tickets",
    noFilters: { kind: "", state: "", delivery: "", q: "" },
    idOf: ({ reference }) => reference,
    hrefOf: ({ reference }) => `#/tickets/${encodeURIComponent(reference)}`,
    lookOf: () => "",
    contentOf: rowContent,
    emptyText: () => t("tickets.empty"),
  });
  const ticket = ticketView({ onChange: list.refresh });
  let opened = null;

  list.refresh();
  return {
    node: el("div", { class: "desk two" }, el("h1", { class: "unseen" }, t("app.tickets")),
      el("section", { class: "pane list", "aria-label": t("tickets.title") },
        el("div", { class: "filters" },
          searchBox(list),
          choice(list, "kind", "ticketKind"),
          choice(list, "state", "ticketState"),
          choice(list, "delivery", "delivery")),
        list.nodes),
      ticket.node),
    async open(reference) {
      const isOther = reference !== opened;
      opened = reference;
      list.select(reference);
      await ticket.open(reference);
      if (isOther && opened === reference) ticket.focus();
    },
    refresh() {
      list.refresh();
      ticket.refresh();
    },
    receive() {},
    signal() {},
    setCounts() {},
    close() {},
  };
}

function searchBox(list) {
  const box = el("input", {
    type: "search", id: "tickets-search", value: list.filters.q,
    placeholder: t("tickets.search"), "aria-label": t("tickets.search"),
    oninput: afterPause(TYPING_PAUSE_MS, () => list.filter({ q: box.value.trim() })),
  });
  return box;
}

function choice(list, name, kind) {
  const select = el("select", {
    id: `tickets-${name}`, "aria-label": t(`tickets.${name}`), value: list.filters[name],
    onchange: () => list.filter({ [name]: select.value }),
  },
  el("option", { value: "" }, t(`tickets.any-${name}`)),
  codes(kind).map((code) => el("option", { value: code }, label(kind, code))));
  return select;
}

function rowContent(row) {
  return [
    el("span", { class: "row-top" },
      el("strong", { class: "reference" }, row.reference), timeNode(row.created_at, briefly)),
    el("span", { class: "row-about" }, label("ticketKind", row.kind)),
    el("span", { class: "row-summary" },
      [requesterName(row), row.site_number && visitorSite({ site: row.site_number })]
        .filter(Boolean).join(" · ")),
    el("span", { class: "badges" },
      el("span", { class: `badge state-${row.state}` }, label("ticketState", row.state)),
      isUndeliverable(row) ? el("span", { class: "badge high" }, t("ticket.undelivered")) : null),
  ];
}
