// What a page says as it is left: its line is gone, and a click may have led away while it came back.

import type { Client } from "./client.ts";

/** A browser carries 64 KiB in all for a page that is gone. */
const BYTES_MAX = 60_000;
/** A mark's frame up to what it marks. */
const MARK = /^{"type":"(un)?(read|seen|archive)","id":\d+,/;

/** Sends the marks that are not answered, by calls that outlive the page. A delete waits for the next visit. */
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
      // Otherwise the page sends it once more, should it return.
      async (response) => response.ok && requests.delete(id) && settle(await response.json()),
      () => undefined,
    );
  }
}
