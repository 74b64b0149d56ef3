// The conversation as a text file of the visitor's own, written from what is shown.

import { labels } from "./labels.js";

/** Offers the file for download under a name with today's date. */
export function downloadTranscript({ entries, language }) {
  const words = labels(language);
  const blob = new Blob(["\ufeff", transcript(entries, words)], { type: "text/plain;charset=utf-8" });
  const address = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = address;
  link.download = `ocean-${new Date().toISOString().slice(0, 10)}.txt`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000); // the browser may read it a little later
}

function transcript(entries, words) {
  const moment = new Intl.DateTimeFormat(words.locale, { dateStyle: "long", timeStyle: "short" });
  const lines = entries.filter(({ status }) => status !== "failed").map((entry) => {
    const text = entry.label ? words[entry.label] : entry.text;
    const links = entry.sources.map(({ title }) => `[${words.sources}] ${title}`);
    const head = `${words.author[entry.author]}, ${moment.format(entry.createdAt)}`;
    return [head, text, ...links].join("\n");
  });
  return `${words.title}\n\n${lines.join("\n\n")}\n`;
}
