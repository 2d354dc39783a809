// When a member that could not be reached is tried again.

/** The first try after a failure; each further one waits twice as long, up to the last. */
const RETRY_MS_MIN = 1_000;
const RETRY_MS_MAX = 3_600_000;

/** Takes how often it failed, the time in ms, and a number from 0 to 1 that spreads the tries. */
export function retryAt(attempts: number, now: number, random: number): number {
  const ms = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** Math.min(attempts - 1, 20));
  return Math.ceil(now + ms / 2 + (random * ms) / 2);
}
