// Shows data whose shape the contract leaves open (slots, ticket fields, evidence): known names and
// codes get their label, and whatever is not known is shown as it came, never dropped.

import { el } from "./dom.js";
import { date, dateAndTime, money, timeNode } from "./format.js";
import { hasLabel, label, t } from "./labels.js";

const CODED = {
  products: "product", product: "product", language: "language", roles: "role", source: "source",
  finding: "finding", duties: "duty", identity: "claim",
};

export const visitorName = ({ visitor }) => visitor || t("visitor.unnamed");

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
  if (typeof value === "object") return fieldList(value);
  return wording(name, String(value));
}

function listNode(name, values) {
  if (values.length === 1) return valueNode(name, values[0]);
  return el("ul", {}, values.map((value) => el("li", {}, valueNode(name, value))));
}

function wording(name, text) {
  if (Object.hasOwn(CODED, name)) return label(CODED[name], text);
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return date(text);
  if (/^\d{4}-\d{2}-\d{2}T/.test(text)) return dateAndTime(text);
  return text;
}

/** Facts, each with where it comes from and as of when. */
export function evidenceList(facts) {
  return el("ul", { class: "evidence" }, facts.map(({ fact, source, as_of }) =>
    el("li", {}, label("fact", fact), el("small", {}, label("source", source),
      as_of ? [", ", timeNode(as_of, (at) => t("panel.as-of", { date: date(at) }))] : null))));
}

/** Who wrote: a name as it is, or the label of "visitor", "bot", "agent", "system". */
export const who = (name) => (hasLabel("author", name) ? label("author", name) : name);
