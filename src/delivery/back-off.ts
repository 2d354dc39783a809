// The time of the next try for a member that could not be reached.

/**
 * The delay before the first retry; each further failure doubles it, up to the maximum. A random part
 * spreads the retries over the second half of the delay.
 */
const RETRY_MS_MIN = 1_000;
const RETRY_MS_MAX = 3_600_000;

/**
 * Takes the number of failures so far, the time in ms, and a random number from 0 to 1 that spreads the
 * retries; returns the time of the next retry in ms.
 */
export function retryAt(attempts: number, now: number, random: number): number {
  const ms = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** Math.min(attempts - 1, 20));
  return Math.ceil(now + ms / 2 + (random * ms) / 2);
}
