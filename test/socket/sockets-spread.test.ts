// A crowd that is lost at once does not come back at once.

import { expect, it } from "vitest";
import { connect, freshTopic, type ObjectSocket } from "../support/object.ts";

it("[SOC17] a topic spreads the reconnects of 1,100 sockets over 6 s, and those of one over 5 s", async () => {
  const stub = freshTopic();
  const key = { user: null, exp: null, iat: null, caps: {}, source: "test" };
  const first = await connect(stub, "latest", key);
  expect(await first.nextOf("connected")).toMatchObject({ reconnect_spread: 5 });
  const others: ObjectSocket[] = [];
  for (let i = 0; i < 1_098; i++) others.push(await connect(stub, "latest", key));
  const last = await connect(stub, "latest", key);
  expect(await last.nextOf("connected")).toMatchObject({ reconnect_spread: 6 });
  // Sockets that have left do not count.
  for (const { ws } of others) ws.close();
  for (const each of others) await each.nextClose();
  const alone = await connect(stub, "latest", key);
  expect(await alone.nextOf("connected")).toMatchObject({ reconnect_spread: 5 });
});
