// A reader of event streams (WHATWG HTML §9.2.5), limited to the parts that a hub uses.

export interface StreamEvent {
  event: string;
  /** The cursor, on an event that completes a step of the log; else null. */
  id: string | null;
  data: string;
}

/** In UTF-16 units. A frame has at most 256 KiB, so a longer event does not come from a hub. */
const EVENT_UNITS_MAX = 1024 * 1024;

/**
 * Yields the events of a response's body; calls `heard` for every piece, comments included. Throws a
 * SyntaxError when an event is too long.
 */
export async function* eventsOf(
  body: AsyncIterable<Uint8Array>,
  heard: () => void,
): AsyncGenerator<StreamEvent> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of body) {
    heard();
    text += decoder.decode(piece, { stream: true });
    const blocks = text.split(/\r?\n\r?\n/);
    text = blocks.pop() ?? "";
    if (text.length > EVENT_UNITS_MAX) throw new SyntaxError("an event without an end");
    for (const block of blocks) {
      const event = eventOf(block);
      if (event !== null) yield event;
    }
  }
}

function eventOf(block: string): StreamEvent | null {
  const fields = new Map<string, string>();
  for (const line of block.split(/\r?\n/)) {
    const colon = line.indexOf(":");
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1).replace(/^ /, ""));
  }
  const data = fields.get("data");
  if (data === undefined) return null;
  return { event: fields.get("event") ?? "message", id: fields.get("id") ?? null, data };
}
