// The demonstration page: its language, its sample questions, and who is asking.
// Runs before widget.js (both are deferred, in the order of the page), which then reads the
// language set here; what needs the widget waits for DOMContentLoaded.

import { showIdentities } from "./identities.js";
import { pageLanguage, translate } from "./language.js";

const language = pageLanguage();
if (language === "en") translate(document);

document.addEventListener("DOMContentLoaded", () => {
  const { open, on } = window.HelpdeskWidget;
  on("open", () => document.body.classList.add("beside-help"));
  on("close", () => document.body.classList.remove("beside-help"));

  document.getElementById("questions").addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (button) open({ text: button.textContent });
  });

  document.getElementById("ask").addEventListener("submit", (event) => {
    event.preventDefault();
    const box = document.getElementById("question");
    open(box.value.trim() ? { text: box.value.trim() } : {});
    box.value = "";
  });

  showIdentities({
    form: document.getElementById("identities"),
    news: document.getElementById("identity-news"),
    language,
  });
});
