// Building page nodes without markup in strings: elements, icons, text for screen readers only;
// and the one door through which HTML comes in, the gateway's rendering of a message.

const SVG = "http://www.w3.org/2000/svg";

// Outlines on a grid of 24, drawn with a round pen of 2.
const CIRCLE = "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17z";
const ICONS = {
  chat: "M4 5h16v11H10l-4.5 4V16H4z M8 9.5h8 M8 12.5h5",
  close: "M6 6l12 12 M18 6L6 18",
  send: "M12 19V5 M6 11l6-6 6 6",
  answer: "M5 4h10l4 4v12H5z M14 4v5h5 M8.5 13h7 M8.5 16.5h5",
  clarify: `${CIRCLE} M9.6 9.7a2.5 2.5 0 1 1 3.4 2.3c-.7.3-1 .8-1 1.5 M12 16.4v.01`,
  diagnosis: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13z M15.5 15.5L20 20",
  recap: "M9 5H5v15h14V5h-4 M9 3.5h6V7H9z M8.5 12l2 2 4.5-4",
  ticket: "M4 7h16v3.2a1.8 1.8 0 0 0 0 3.6V17H4v-3.2a1.8 1.8 0 0 0 0-3.6z M14 9v6",
  handoff: "M12 4a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7z M5 20c.5-4 3-6 7-6s6.5 2 7 6",
  abstain: `${CIRCLE} M8.5 12h7`,
  notice: `${CIRCLE} M12 11v5 M12 8v.01`,
  error: "M12 4L2.5 20h19z M12 10v4.5 M12 17.2v.01",
  copy: "M9 9h11v11H9z M15 9V4H4v11h5",
  edit: "M4 20l1-4L16.5 4.5l3 3L8 19z M14 7l3 3",
  file: "M6 3.5h8l4 4v13H6z M13.5 4v4.5H18 M12 17v-6 M9.5 13.5L12 11l2.5 2.5",
  download: "M12 4v11 M7.5 11l4.5 4.5 4.5-4.5 M5 19.5h14",
  lock: "M6 11h12v9H6z M8.5 11V8a3.5 3.5 0 0 1 7 0v3",
};

/**
 * An element: `class`, `text`, `on` ({event: listener}) have their own meaning; a property set to
 * true or false is a boolean attribute, null and undefined leave it out.
 */
export function el(tag, { text, on = {}, ...attributes } = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) {
      node.setAttribute(name, value === true ? "" : value);
    }
  }
  for (const [name, listener] of Object.entries(on)) node.addEventListener(name, listener);
  if (text !== undefined) node.textContent = text;
  node.append(...children.filter(Boolean));
  return node;
}

/** A drawing that says nothing by itself; null for a name without one. */
export function icon(name) {
  if (!ICONS[name]) return null;
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("icon");
  svg.append(path);
  return svg;
}

export function spoken(text) {
  return el("span", { class: "spoken", text });
}

// ---- HTML of messages

const ALLOWED = new Set(("P BR STRONG EM UL OL LI BLOCKQUOTE CODE PRE A H1 H2 H3 H4 HR "
  + "TABLE THEAD TBODY TR TH TD").split(" "));
const SCHEMES = new Set(["https:", "http:", "mailto:", "tel:"]);

// For pages whose policy says `require-trusted-types-for 'script'`: parsing alone runs nothing.
const policy = globalThis.trustedTypes?.createPolicy("helpdesk-widget", { createHTML: (s) => s });

/**
 * The nodes of a message's HTML, built anew from what is allowed. The gateway has sanitised it
 * already; this holds even if something else answers in its place.
 */
export function nodesOf(html, home) {
  const parsed = new DOMParser().parseFromString(policy?.createHTML(html) ?? html, "text/html");
  return copies(parsed.body, home);
}

function copies(parent, home) {
  return Array.from(parent.childNodes).flatMap((node) => {
    if (node.nodeType === Node.TEXT_NODE) return [node.data];
    if (node.nodeType !== Node.ELEMENT_NODE || /^(script|style)$/i.test(node.tagName)) return [];
    if (!ALLOWED.has(node.tagName)) return copies(node, home);
    const copy = document.createElement(node.tagName);
    if (node.tagName === "A") {
      const href = harmless(node.getAttribute("href"), home);
      if (href) copy.href = href;
    }
    if (node.tagName === "OL" && node.start > 1) copy.start = node.start;
    copy.append(...copies(node, home));
    return [copy];
  });
}

/** The address if following it is harmless, made absolute against the gateway's; else null. */
export function harmless(address, home) {
  try {
    const url = new URL(address, home);
    return address && SCHEMES.has(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}
