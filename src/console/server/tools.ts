// The tools of the platform's development server, below `/cdn-cgi/`: they show and change the storage of
// every object without asking for a key. No request is passed on to them.

const TOOLS = "cdn-cgi";
/** The scheme and the host of a request target in absolute form, as clients send it to a proxy. */
const AUTHORITY = /^[a-z][a-z\d+.-]*:[\\/]{2}[^\\/?#]*/i;
/** Control characters and white space, which a URL parser may skip. */
const INVISIBLE = /[\p{Cc}\s]/gu;

/**
 * Returns whether any parser could read a request target as a path of the tools: decoded any number of times,
 * with or without dot segments, in capitals, with any number of slashes of either kind.
 */
export function leadsToTools(target: string): boolean {
  let path = target.replace(AUTHORITY, "");
  for (;;) {
    if (isOfTools(path)) return true;
    const decoded = path.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    // Each round shortens the path, so the loop ends.
    if (decoded === path) return false;
    path = decoded;
  }
}

function isOfTools(path: string): boolean {
  const [beforeQuery = ""] = path.replace(INVISIBLE, "").toLowerCase().split(/[?#]/, 1);
  const segments = beforeQuery.split(/[\\/]+/).filter((segment) => segment !== "");
  const hasDots = segments.some((segment) => segment === "." || segment === "..");
  // Dot segments can make any segment the first. Without them only the first one counts, since a user or
  // a topic may be named `cdn-cgi`.
  return segments[0] === TOOLS || (hasDots && segments.includes(TOOLS));
}
