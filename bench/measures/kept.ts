// The check at the end of every row with followers: each inbox received as many messages as were
// published, and its newest are the last of them in order. A row that does not pass has no figures.

import { askAll } from "../generator/ask.ts";
import type { HttpPool } from "../generator/http-pool.ts";
import { sequencesIn } from "../generator/payload.ts";
import type { Address, Following } from "../servers/server.ts";

const NEWEST = 10;

export async function checkKept(
  pool: HttpPool,
  { kept }: Following,
  users: readonly Address[],
  published: number,
): Promise<void> {
  const due = Array.from({ length: Math.min(NEWEST, published) }, (_, i) => published - 1 - i);
  const replies = await askAll(
    pool,
    users.map((user) => kept.request(user, NEWEST)),
  );
  const wrong = replies.filter(
    (reply) => kept.readCount(reply) !== published || String(sequencesIn(reply)) !== String(due),
  );
  if (wrong.length > 0) {
    throw new Error(`${wrong.length} inboxes do not hold each of ${published} messages once.`);
  }
}
