// The right column: what is known of the visitor, and how surely. Verified and merely told are kept
// apart: `identity` is vouched for by the vendor's sign-in, `slots` are what the visitor typed.

import { briefNode } from "./brief.js";
import { el } from "./dom.js";
import { briefly, timeNode } from "./format.js";
import { label, t } from "./labels.js";
import { evidenceList, fieldList, isFilled } from "./values.js";

const IDENTITY_FIELDS = ["name", "email", "site_number", "roles", "external_id"];

export function panelSections(detail) {
  return [
    section("summary", briefNode(detail)),
    detail.notes?.length ? section("notes", notes(detail.notes)) : null,
    section("identity", identity(detail.identity)),
    section("diagnosis", diagnosis(detail.diagnosis)),
    section("slots", slots(detail.slots ?? {})),
    section("tickets", tickets(detail.tickets ?? [])),
  ];
}

function section(name, ...content) {
  return el("section", { "aria-labelledby": `panel-${name}` },
    el("h3", { id: `panel-${name}` }, t(`panel.${name}`)), ...content);
}

function notes(written) {
  return el("ul", { class: "notes" }, written.map(({ author, text, created_at }) =>
    el("li", {}, el("p", {}, text), el("small", {}, author, " · ", timeNode(created_at, briefly)))));
}

function identity(person) {
  if (!person?.verified) return assurance("anonymous");
  const filled = IDENTITY_FIELDS.filter((name) => isFilled(person[name]));
  return [assurance("verified"), fieldList(person, filled)].flat();
}

function assurance(degree) {
  return el("div", { class: `assurance ${degree}` },
    el("strong", {}, t(`panel.${degree}`)), el("p", {}, t(`panel.${degree}-explain`)));
}

function diagnosis(found) {
  if (!found?.finding) return nothing("panel.no-diagnosis");
  return el("div", { class: "diagnosis" },
    el("span", { class: "badge finding" }, label("finding", found.told_as ?? found.finding)),
    el("p", { class: "headline" }, found.headline),
    found.lines?.length
      ? el("ul", { class: "lines" }, found.lines.map((line) => el("li", {}, line))) : null,
    found.evidence?.length
      ? [el("h4", {}, t("panel.evidence")), evidenceList(found.evidence)] : null);
}

function slots(collected) {
  const filled = Object.keys(collected).filter((name) => isFilled(collected[name]));
  return filled.length ? fieldList(collected, filled) : nothing("panel.no-slots");
}

function tickets(filed) {
  if (!filed.length) return nothing("panel.no-tickets");
  return el("ul", { class: "ticket-links" }, filed.map(({ reference, kind, state }) =>
    el("li", {},
      el("a", { id: `panel-${reference}`, href: `#/tickets/${encodeURIComponent(reference)}` },
        reference),
      el("span", {}, label("ticketKind", kind)),
      el("span", { class: `badge state-${state}` }, label("ticketState", state)))));
}

const nothing = (key) => el("p", { class: "faint" }, t(key));
