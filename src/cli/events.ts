// An event stream read as it comes (WHATWG HTML §9.2.5), as far as a hub makes use of it.

export interface StreamEvent {
  event: string;
  /** The cursor, where the event completes a step of the log. */
  id: string | null;
  data: string;
}

/** A frame has 256 KiB at most; what grows beyond this without an end is no event of a hub. */
const EVENT_UNITS_MAX = 1024 * 1024;

/** Gives the events of a response's body; `heard` is called for every piece, comments included. */
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
