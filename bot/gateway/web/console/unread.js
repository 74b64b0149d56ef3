// Which conversations changed since this agent last looked. A row's `updated_at` is compared with
// the one that was on screen; nothing but ids and times is kept, and only until sign-out.

const SEEN_KEY = "console.seen";
const KEPT_ROWS = 500;

let open = null;

/** The conversation now on screen (null: none); it counts as read while the page is visible. */
export function setOpen(id) {
  open = id;
}

/** Notes that the open conversation, if it is among `rows`, was seen as it is there. */
export function markRead(rows) {
  const row = rows.find(({ id }) => id === open);
  if (row && document.visibilityState === "visible") remember(row.id, row.updated_at);
}

/** A message came: unread until looked at, whether or not the row says so. */
export function markUnread(id) {
  if (id !== open || document.visibilityState !== "visible") remember(id, "");
}

/** Only what this agent should act on can be unread: the queue, and one's own conversations. */
export function isUnread(row, agent) {
  const concerns = row.state === "waiting" || row.assignee?.id === agent.id;
  if (!concerns || row.state === "closed") return false;
  return seen()[row.id] !== row.updated_at;
}

function seen() {
  return JSON.parse(sessionStorage.getItem(SEEN_KEY) ?? "{}");
}

function remember(id, updated_at) {
  const { [id]: _, ...others } = seen();
  const kept = [...Object.entries(others), [id, updated_at]].slice(-KEPT_ROWS);
  sessionStorage.setItem(SEEN_KEY, JSON.stringify(Object.fromEntries(kept)));
}
