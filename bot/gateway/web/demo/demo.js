// The help pages: opens the widget from buttons and says who is asking. Everything else on them
// works without JavaScript.
// Runs before widget.js (both are deferred, in the order of the page); what needs the widget waits
// for DOMContentLoaded.

import { showIdentities, tellWhoIsAsking } from "./identities.js";

const language = document.documentElement.lang.startsWith("en") ? "en" : "fr";

document.addEventListener("DOMContentLoaded", () => {
  const { open, on } = window.HelpdeskWidget;
  on("open", () => document.body.classList.add("beside-help"));
  on("close", () => document.body.classList.remove("beside-help"));

  for (const button of document.querySelectorAll(".ask-assistant")) {
    button.addEventListener("click", () => {
      const box = document.getElementById(button.dataset.from);
      const text = (box?.value ?? button.dataset.text ?? "").trim();
      open(text ? { text } : {});
    });
  }

  const form = document.getElementById("identities");
  const news = document.getElementById("identity-news");
  if (form) showIdentities({ form, news, language });
  else tellWhoIsAsking();
});
