// One ticket: what was asked, what has been done about it, and whether the helpdesk has it.
// Each change is saved at once, and the ticket is shown again as the server then gives it.

import { get, patch, post } from "./api.js";
import { el, oneAtATime, redraw } from "./dom.js";
import { dateAndTime, timeNode } from "./format.js";
import { codes, label, t } from "./labels.js";
import { clearNotices, tell, warnOf } from "./notices.js";
import { fieldList, happening, who } from "./values.js";

// The order in which an agent reads a request; whatever else it holds comes after.
const FIRST_FIELDS = ["products", "requester_name", "requester_email", "site_number", "emr_vendor",
  "reason", "language"];

/** Whether the worker gave up on delivering: a person has to look at it. */
export const isUndeliverable = ({ delivery, deliveries = [] }) =>
  [delivery, ...deliveries].some((row) => ["dead", "rejected"].includes(row?.state));

export function ticketView({ onChange }) {
  let reference = null;
  let shown = null;
  // Grows with every change: an answer to a question asked before it is out of date.
  let edition = 0;
  const node = el("section", { class: "pane ticket", "aria-label": t("tickets.detail") });

  const refresh = oneAtATime(async (isStale) => {
    if (!reference) return;
    const [asked, editionThen] = [reference, edition];
    try {
      const ticket = await get(pathOf(asked));
      if (isStale() || asked !== reference) return;
      if (editionThen !== edition) refresh();
      else show(ticket);
    } catch (error) {
      if (asked !== reference || error.status === 401) return;
      if (error.status === 404) showInstead(el("p", {}, t("tickets.gone")));
      else if (shown) warnOf(error);
      else showInstead(el("p", {}, error.sentence),
        el("button", { type: "button", onclick: () => refresh() }, t("app.retry")));
    }
  });

  async function change(what) {
    const asked = reference;
    edition += 1;
    clearNotices();
    try {
      const ticket = await patch(pathOf(asked), what);
      if (asked === reference) show(ticket);
      tell(t("ticket.saved"));
    } catch (error) {
      // The box that was ticked must not stay so: show again what is true.
      if (asked === reference) show(shown);
      warnOf(error);
      refresh();
    } finally {
      edition += 1;
      onChange();
    }
  }

  async function sendAgain() {
    const asked = reference;
    edition += 1;
    clearNotices();
    try {
      await post(`${pathOf(asked)}/retry-delivery`);
      tell(t("ticket.sent-again"));
    } catch (error) {
      warnOf(error);
    } finally {
      edition += 1;
      refresh();
      onChange();
    }
  }

  function show(ticket) {
    shown = ticket;
    redraw(node, headNode(ticket, change), el("div", { class: "ticket-body" },
      el("div", {},
        section("fields", fieldList(ticket.fields, fieldOrder(ticket.fields))),
        section("history", history(ticket.history ?? []))),
      el("div", {},
        Object.keys(ticket.checklist ?? {}).length
          ? section("checklist", checklist(ticket.checklist, change)) : null,
        section("delivery", delivery(ticket, sendAgain)))));
  }

  function showInstead(...content) {
    shown = null;
    node.replaceChildren(el("div", { class: "blank" }, ...content));
  }

  return {
    node,
    refresh,
    open(next) {
      reference = next;
      if (!reference) {
        showInstead(
          el("img", { src: "/static/console/icon.svg", alt: "", width: 56, height: 56 }),
          el("p", {}, t("tickets.choose")));
        return Promise.resolve();
      }
      if (shown?.reference !== reference) {
        showInstead(el("p", { class: "faint" }, t("app.loading")));
      }
      return refresh();
    },
    focus() {
      if (document.activeElement?.matches("input, textarea, select")) return;
      document.getElementById("ticket-title")?.focus();
    },
  };
}

function headNode(ticket, change) {
  const state = el("select", {
    id: "ticket-state", value: ticket.state, onchange: () => change({ state: state.value }),
  }, codes("ticketState").map((code) => el("option", { value: code }, label("ticketState", code))));
  return el("header", { class: "ticket-head" },
    el("div", { class: "who" },
      el("h2", { id: "ticket-title", class: "reference", tabindex: -1 }, ticket.reference),
      el("p", { class: "meta" },
        el("span", {}, label("ticketKind", ticket.kind)),
        el("time", { datetime: ticket.created_at },
          t("ticket.filed", { date: dateAndTime(ticket.created_at) })),
        ticket.to_confirm ? el("span", { class: "badge high" }, t("ticket.to-confirm")) : null)),
    el("div", { class: "actions" },
      ticket.conversation_id
        ? el("a", { class: "button", id: "ticket-conversation",
          href: `#/conversations/${encodeURIComponent(ticket.conversation_id)}` },
        t("ticket.conversation"))
        : el("span", { class: "faint" }, t("ticket.no-conversation")),
      el("label", { class: "inline", for: "ticket-state" }, t("tickets.state"), state)));
}

function section(name, ...content) {
  return el("section", { "aria-labelledby": `ticket-${name}` },
    el("h3", { id: `ticket-${name}` }, t(`ticket.${name}`)), ...content);
}

function fieldOrder(fields) {
  const names = Object.keys(fields);
  const first = FIRST_FIELDS.filter((name) => names.includes(name));
  return [...first, ...names.filter((name) => !first.includes(name))];
}

function checklist(items, change) {
  return el("ul", { class: "checklist" }, Object.entries(items).map(([item, isDone]) =>
    el("li", {}, el("label", {},
      el("input", {
        type: "checkbox", id: `check-${item}`, checked: isDone,
        onchange: (event) => change({ checklist: { [item]: event.target.checked } }),
      }), el("span", {}, label("check", item))))));
}

function history(entries) {
  if (!entries.length) return el("p", { class: "faint" }, t("ticket.no-history"));
  return el("ol", { class: "history" }, entries.map((entry) =>
    el("li", {}, timeNode(entry.at),
      el("div", {}, el("strong", {}, who(entry.who)), " ", happening(entry)))));
}

function delivery(ticket, sendAgain) {
  const { delivery: found } = ticket;
  if (!found) return el("p", { class: "faint" }, t("value.none"));
  const facts = [
    [t("ticket.attempts"), found.attempts],
    found.external_id ? [t("ticket.external"), found.external_id] : null,
    found.last_error ? [t("ticket.last-error"), found.last_error] : null,
  ].filter(Boolean);
  const alongside = (ticket.deliveries ?? []).filter(({ kind }) => kind !== "ticket");
  const look = isUndeliverable(ticket) ? "high" : `delivery-${found.state}`;
  return [
    el("p", {}, el("span", { class: `badge ${look}` }, label("delivery", found.state))),
    el("dl", { class: "fields" }, facts.map(([name, value]) =>
      el("div", {}, el("dt", {}, name), el("dd", {}, String(value ?? ""))))),
    alongside.length
      ? el("dl", { class: "fields" }, alongside.map((row) =>
        el("div", {}, el("dt", {}, label("deliveryKind", row.kind)),
          el("dd", {}, label("delivery", row.state)))))
      : null,
    isUndeliverable(ticket)
      ? el("button", { type: "button", id: "ticket-retry", onclick: sendAgain }, t("ticket.retry"))
      : null,
  ];
}

const pathOf = (reference) => `/agent/tickets/${encodeURIComponent(reference)}`;
