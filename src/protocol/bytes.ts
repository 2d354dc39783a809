// The length of a text on the wire.

const utf8 = new TextEncoder();

/**
 * Whether the text is longer than so many bytes of UTF-8. Encodes it only when its length leaves that
 * open.
 */
export function exceedsBytes(text: string, bytesMax: number): boolean {
  // A UTF-16 unit is one to three bytes of UTF-8.
  if (text.length > bytesMax) return true;
  return text.length * 3 > bytesMax && utf8.encode(text).length > bytesMax;
}
