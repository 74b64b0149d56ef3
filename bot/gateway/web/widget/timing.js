// Waiting: how long between two attempts, and a sleep that ends early when its conversation does.

/**
 * Milliseconds to wait before attempt number `attempt` (0 is the first repeat): doubling up to
 * `mostMs`, spread by a quarter so that many clinics do not come back in the same second.
 */
export function backOffMs(attempt, { firstMs, mostMs }) {
  const steady = Math.min(firstMs * 2 ** attempt, mostMs);
  return steady * (0.75 + Math.random() / 2);
}

/** Resolves after `ms`, or at once when `signal` aborts; never rejects. */
export function sleep(ms, signal) {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    signal.addEventListener("abort", finish);
    return undefined;
  });
}
