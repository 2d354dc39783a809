// The tools of the platform's development server, below `/cdn-cgi/`: they show and change the storage of
// every object, and ask for no key. Nothing is passed on to them.

const TOOLS = "cdn-cgi";
/** The scheme and the host of a request that names them, as a proxy is asked. */
const AUTHORITY = /^[a-z][a-z\d+.-]*:[\\/]{2}[^\\/?#]*/i;
/** A URL parser passes over them. */
const INVISIBLE = /[\p{Cc}\s]/gu;

/**
 * Returns whether any reader of a request's target could take it for a path of the tools: however often it
 * is decoded, with dots or without, in capitals, with slashes of either kind and any number of them.
 */
export function leadsToTools(target: string): boolean {
  let path = target.replace(AUTHORITY, "");
  for (;;) {
    if (isOfTools(path)) return true;
    const decoded = path.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    // Each round makes it shorter, so it ends.
    if (decoded === path) return false;
    path = decoded;
  }
}

function isOfTools(path: string): boolean {
  const [beforeQuery = ""] = path.replace(INVISIBLE, "").toLowerCase().split(/[?#]/, 1);
  const segments = beforeQuery.split(/[\\/]+/).filter((segment) => segment !== "");
  const hasDots = segments.some((segment) => segment === "." || segment === "..");
  // With dots any segment may become the first. A user or a topic may have the name.
  return segments[0] === TOOLS || (hasDots && segments.includes(TOOLS));
}
