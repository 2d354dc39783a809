// The addresses that a click may open. The hub accepts no others; an app's own inbox may hold any.

/** Returns the absolute address if it is http or https; null for all others. */
export function safeLink(text: string | undefined, base = document.baseURI): string | null {
  const url = text ? URL.parse(text, base) : null;
  return url && /^https?:$/.test(url.protocol) ? url.href : null;
}
