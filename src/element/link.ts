// Where a click may lead. The hub lets nothing else in; an inbox of the app's own may.

/** The address in full if it is http or https, relative ones included; null for all others. */
export function safeLink(text: string | undefined, base = document.baseURI): string | null {
  const url = text ? URL.parse(text, base) : null;
  return url && /^https?:$/.test(url.protocol) ? url.href : null;
}
