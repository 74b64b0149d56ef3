// Small tools for the page: build a node, redraw a part of it, run one request at a time.
// The Content-Security-Policy forbids inline style and script, so nodes are always built here
// and text always goes in as text. The one exception is the HTML that the server made of a message
// or of its preview, see transcript.js and writing.js.

/** A new element. `on…` attributes are listeners; null, undefined and false are left out. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "value" || name === "checked") continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...present(children));
  // A <select> takes its value only once its options are there.
  if ("value" in attributes) node.value = attributes.value ?? "";
  if ("checked" in attributes) node.checked = attributes.checked;
  return node;
}

/** Replaces what `container` holds; the focus goes back to the element of the same id. */
export function redraw(container, ...children) {
  const focused = container.contains(document.activeElement) ? document.activeElement.id : "";
  container.replaceChildren(...present(children));
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

function present(children) {
  return children.flat().filter((child) => child !== null && child !== undefined);
}

/**
 * `work`, never twice at once: calls made while it runs are answered by one more run.
 * `work` gets a function that tells whether such a run is due, so that it can drop a stale answer.
 */
export function oneAtATime(work) {
  let running = null;
  let again = false;
  async function loop() {
    do {
      again = false;
      await work(() => again);
    } while (again);
  }
  return () => {
    if (running) again = true;
    else running = loop().finally(() => { running = null; });
    return running;
  };
}

/** `work`, once the calls have stopped for `pause_ms`. */
export function afterPause(pause_ms, work) {
  let timer = null;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(work, pause_ms);
  };
}

/** The address if a browser may safely follow it, else null. */
export function safeAddress(address) {
  if (!address) return null;
  try {
    const url = new URL(address, location.origin);
    return ["http:", "https:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** A link to somewhere else; it opens in its own tab, so that the console stays where it is. */
export function outsideLink(address, text) {
  const href = safeAddress(address);
  if (!href) return el("span", {}, text);
  return el("a", { href, target: "_blank", rel: "noopener noreferrer" }, text);
}
