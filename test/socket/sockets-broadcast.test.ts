// A push is only a hint: when it fails, its message is stored and answered all the same.

import { runInDurableObject } from "cloudflare:test";
import { expect, it } from "vitest";
import { Sockets } from "../../src/socket/sockets.ts";
import { connect, freshInbox } from "../support/object.ts";

it("[LOG1] a broadcast that fails does not fail its publish", async () => {
  const stub = freshInbox();
  const socket = await connect(stub);
  await socket.nextOf("connected");
  let printed = 0;
  await runInDurableObject(stub, (_inbox, state) => {
    const sockets = new Sockets(state, { confirm: () => undefined, greet: () => [] }, Date.now);
    expect(sockets.size).toBe(1);
    sockets.broadcast(() => {
      printed += 1;
      throw new Error("no frame");
    }, Date.now());
  });
  expect(printed).toBe(1);
  socket.ws.close();
});
