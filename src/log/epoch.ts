// An epoch names one life of a log.

/** Ten characters at random: of 36^10, two lives of one log do not meet. */
export function newEpoch(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(10));
  return Array.from(bytes, (byte) => (byte % 36).toString(36)).join("");
}
