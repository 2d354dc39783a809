// The check whether a message is a notification, which is meant for a person and counts as unread.

const MEMBER = '"notification":';

/**
 * Takes the members of a message as JSON text, without the outer braces; returns whether `notification` is
 * one of them. The quotes of a name inside a string are escaped, so each match is the name of a member,
 * and only its depth must be checked.
 */
export function hasNotification(body: string): boolean {
  let depth = 0;
  let from = 0;
  for (let at = body.indexOf(MEMBER); at !== -1; at = body.indexOf(MEMBER, at + 1)) {
    depth += depthOf(body, from, at);
    if (depth === 0 && (at === 0 || body[at - 1] === ",")) return true;
    from = at;
  }
  return false;
}

/**
 * Takes a piece of text that begins outside strings; returns how many more objects and arrays open in it
 * than close.
 */
function depthOf(text: string, from: number, to: number): number {
  let depth = 0;
  for (let i = from; i < to; i++) {
    const unit = text[i];
    if (unit === '"') {
      i += 1;
      while (i < to && text[i] !== '"') i += text[i] === "\\" ? 2 : 1;
    } else if (unit === "{" || unit === "[") depth += 1;
    else if (unit === "}" || unit === "]") depth -= 1;
  }
  return depth;
}
