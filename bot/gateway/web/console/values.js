// Shows data whose shape the contract leaves open (slots, ticket fields, evidence): known names and
// codes get their label, and whatever is not known is shown as it came, never dropped.

import { el } from "./dom.js";
import { date, dateAndTime, money, month, timeNode } from "./format.js";
import { hasLabel, label, t } from "./labels.js";

const CODED = {
  products: "product", product: "product", language: "language", roles: "role", source: "source",
  finding: "finding", duties: "duty", duty: "duty", identity: "claim",
};
// Records whose names are codes as well: the kind of their names, and of their values.
const CODED_RECORDS = { scopes: ["product", "scope"] };
// What stands for words of a person that were to be forgotten.
const ERASED = "[erased]";

export const visitorName = ({ visitor }) => visitor || t("visitor.unnamed");

/** Who filed a request, as long as that is kept. */
export const requesterName = ({ requester_name: name }) =>
  (name === ERASED ? t("value.erased") : name);

export function visitorSite({ site }) {
  if (!site) return "";
  return /^\d+$/.test(site) ? t("visitor.site", { number: site }) : site;
}

/** A definition list of `record`, in its own order; `only` picks and orders some of the names. */
export function fieldList(record, only = Object.keys(record)) {
  return el("dl", { class: "fields" }, only.map((name) =>
    el("div", {},
      el("dt", {}, label("field", name)), el("dd", {}, valueNode(name, record[name])))));
}

export const isFilled = (value) =>
  value !== null && value !== undefined && value !== "" && !(Array.isArray(value) && !value.length);

function valueNode(name, value) {
  if (!isFilled(value)) return el("span", { class: "faint" }, t("value.none"));
  if (name === "evidence" && Array.isArray(value)) return evidenceList(value);
  if (name.endsWith("_cents") && typeof value === "number") return money(value);
  if (typeof value === "boolean") return t(value ? "value.yes" : "value.no");
  if (Array.isArray(value)) return listNode(name, value);
  if (typeof value === "object") {
    return Object.hasOwn(CODED_RECORDS, name) ? codedRecord(value, ...CODED_RECORDS[name])
      : fieldList(value);
  }
  return wording(name, String(value));
}

function listNode(name, values) {
  if (values.length === 1) return valueNode(name, values[0]);
  return el("ul", {}, values.map((value) => el("li", {}, valueNode(name, value))));
}

function codedRecord(record, kindOfName, kindOfValue) {
  return el("dl", { class: "fields" }, Object.entries(record).map(([code, value]) =>
    el("div", {},
      el("dt", {}, label(kindOfName, code)), el("dd", {}, label(kindOfValue, String(value))))));
}

function wording(name, text) {
  if (text === ERASED) return t("value.erased");
  if (Object.hasOwn(CODED, name)) return label(CODED[name], text);
  if (/^\d{4}-\d{2}$/.test(text)) return month(text);
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return date(text);
  if (/^\d{4}-\d{2}-\d{2}T/.test(text)) return dateAndTime(text);
  return text;
}

/** Facts, each with where it comes from and as of when. */
export function evidenceList(facts) {
  return el("ul", { class: "evidence" }, facts.map(({ fact, source, detail, as_of }) =>
    el("li", {}, label("fact", fact), el("small", {}, origin(source, detail),
      as_of ? [", ", timeNode(as_of, (at) => t("panel.as-of", { date: date(at) }))] : null))));
}

/** Where a fact comes from: the name of a file too, but of no table. */
function origin(source, detail) {
  // Kept as one text ("database: account_links") by earlier versions.
  const [, kind = source, rest = detail] = /^(\w+): (.*)$/s.exec(source) ?? [];
  return kind === "csv" && rest ? `${label("source", kind)} (${rest})` : label("source", kind);
}

/** Who wrote or did something: a name as it is, or the label of "visitor", "bot", "system" … */
export const who = (name) => (hasLabel("author", name) ? label("author", name) : name);

/** What happened to a ticket, in words; a line of another form is shown as it was written. */
export function happening({ who: name, what }) {
  if (what === "opened") return t("history.opened");
  if (what === "delivery: tried again") return t("history.retried");
  if (what === "personal data erased") return t("history.erased");
  if (what.startsWith("note: ")) return noted(what.slice("note: ".length), name);
  const [, before, after] = /^state: (\w+) -> (\w+)$/.exec(what) ?? [];
  if (after) {
    return t("history.state", {
      before: label("ticketState", before), after: label("ticketState", after),
    });
  }
  const [, item, outcome] = /^(\w+): (done|not done)$/.exec(what) ?? [];
  return item ? t(`history.${outcome}`, { item: label("check", item) }) : what;
}

function noted(note, name) {
  if (note === ERASED) return t("history.note-erased");
  // Only the assistant's own note is of this form: the same from a requester is their own words.
  const asked = name === "assistant" && /^also asked for by (.*) <(.*)>$/s.exec(note);
  return asked ? t("history.asked-again", { name: asked[1], email: asked[2] })
    : t("history.note", { note });
}
