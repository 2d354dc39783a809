// The marks that a page sends as it is left. Its line is closed by then, and may have been reconnecting at the
// click that led away.

import type { Client } from "./client.ts";

/** Most bytes to send: a browser allows 64 KiB in all for calls that outlive their page. */
const BYTES_MAX = 60_000;
/** The head of a mark's frame, up to the members that name the messages. */
const MARK = /^{"type":"(un)?(read|seen|archive)","id":\d+,/;

/** Sends the unanswered marks by calls that outlive the page. A delete waits for its return. */
export function sayFarewell({ credentials, requests }: Client): void {
  let bytes = 0;
  for (const [id, { text, settle }] of requests) {
    const [head, un, mark] = MARK.exec(text) ?? [];
    if (!head || !credentials) continue;
    bytes += text.length;
    if (bytes > BYTES_MAX) return;
    const flag = `{"${mark === "archive" ? "archived" : mark}":${!un},`;
    fetch(`${credentials.url}/v1/users/me/notifications`, {
      method: "PATCH",
      keepalive: true,
      headers: {
        authorization: `Bearer ${credentials.token}`,
        "content-type": "application/json",
      },
      body: text.replace(head, flag),
    }).then(
      // A mark that fails stays in `requests`: the page repeats it if it returns.
      async (response) => response.ok && requests.delete(id) && settle(await response.json()),
      () => undefined,
    );
  }
}
