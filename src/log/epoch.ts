// An epoch names one life of a log.

/** Returns ten random characters: of 36^10 values, two lives of one log do not get the same. */
export function newEpoch(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(10));
  return Array.from(bytes, (byte) => (byte % 36).toString(36)).join("");
}
