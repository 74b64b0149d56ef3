// The place to drop files where the bot has asked for them (topic "fees/files"): the list of users
// and the bill items that a site admin exports from Ocean. Shows how far the sending is.

import { el, icon } from "./dom.js";

export const ASKS_FOR_FILES = "fees/files";
const MOST_BYTES = 2 * 1024 * 1024; // the gateway's limit, said before sending
const FIELDS = ["users", "items"]; // as the gateway names them; it wants both, and finds out itself
// which is which

/**
 * @param {object} words
 * @param {(files, onProgress) => Promise<string|null>} upload null when it went well, else why not
 * @returns {{node: HTMLElement, update: (isOver: boolean) => void}}
 */
export function fileDrop(words, upload) {
  const chosen = {};
  const progress = el("progress", { max: "1", value: "0", "aria-label": words.files.sending, hidden: true });
  const news = el("p", { class: "file-news", role: "status" });
  const send = el("button", { class: "option", type: "button", text: words.files.send, disabled: true });
  const rows = FIELDS.map((field) => row(field));
  const node = el("div", { class: "files" }, ...rows.map(({ zone }) => zone), progress, news, send);
  let isDone = false;
  send.addEventListener("click", sendAll);

  function row(field) {
    const name = el("span", { class: "file-name", text: words.files.none });
    const input = el("input", {
      type: "file", accept: ".csv,text/csv", class: "spoken-input",
      on: { change: () => take(input.files[0]) },
    });
    const zone = el(
      "label", { class: "file-zone" }, icon("file"),
      el("span", {}, el("b", { text: words.files[field] }), name), input,
    );
    const take = (file) => {
      if (!file || isDone) return;
      const isFit = /\.csv$/i.test(file.name) && file.size <= MOST_BYTES;
      news.textContent = isFit ? "" : words.files.unfit(file.name);
      if (!isFit) return;
      chosen[field] = file;
      name.textContent = file.name;
      zone.classList.add("chosen");
      send.disabled = FIELDS.some((wanted) => !chosen[wanted]);
    };
    const over = (isOver) => (event) => {
      event.preventDefault(); // or the browser would open the file in place of the page
      zone.classList.toggle("over", isOver);
    };
    zone.addEventListener("dragenter", over(true));
    zone.addEventListener("dragover", over(true));
    zone.addEventListener("dragleave", over(false));
    zone.addEventListener("drop", (event) => {
      over(false)(event);
      const [first, second] = event.dataTransfer.files;
      take(first);
      for (const other of rows) if (second && other.zone !== zone) other.take(second);
    });
    return { zone, input, take };
  }

  async function sendAll() {
    setBusy(true);
    const problem = await upload(chosen, (share) => { progress.value = share; });
    setBusy(false);
    news.textContent = problem ?? words.files.sent;
    if (problem === null) close();
  }

  function setBusy(isBusy) {
    progress.hidden = !isBusy;
    send.disabled = isBusy;
    progress.value = 0;
    for (const { input } of rows) input.disabled = isBusy;
    if (isBusy) news.textContent = words.files.sending;
  }

  function close() {
    isDone = true;
    send.hidden = true;
    for (const { input } of rows) input.disabled = true;
  }

  return {
    node,
    update(isOver) {
      if (isOver && !isDone) close();
    },
  };
}
