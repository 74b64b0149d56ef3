// The page's language: French as written, English from the data-en attributes beside it.

export function pageLanguage() {
  return new URLSearchParams(location.search).get("lang") === "en" ? "en" : "fr";
}

/** Puts `data-en` in place of text, and `data-en-<attribute>` in place of that attribute. */
export function translate(page) {
  page.documentElement.lang = "en-CA";
  for (const node of page.querySelectorAll("*")) {
    for (const { name, value } of Array.from(node.attributes)) {
      if (name === "data-en") node.textContent = value;
      else if (name.startsWith("data-en-")) node.setAttribute(name.slice("data-en-".length), value);
    }
  }
}
