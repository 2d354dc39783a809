// Many sockets that come at once: each is greeted, and not all of them in one turn.

import { runInDurableObject } from "cloudflare:test";
import { expect, it } from "vitest";
import type { Caller } from "../../src/socket/attachment.ts";
import { Sockets } from "../../src/socket/sockets.ts";
import { freshTopic } from "../support/object.ts";

const caller = (connection: string): Caller => ({
  ...{ connection, user: null, source: "test", exp: null, iat: null, caps: {} },
});

it("[CON10] of a hundred that come in one turn each is greeted, 32 in a turn", async () => {
  await runInDurableObject(freshTopic(), async (_topic, state) => {
    const turns: string[][] = [];
    const greeter = {
      confirm: () => turns.push([]),
      greet: ({ connection }: Caller) => {
        turns.at(-1)?.push(connection);
        return [connection];
      },
    };
    const sockets = new Sockets(state, greeter, Date.now);
    const names = Array.from({ length: 100 }, (_, i) => `c${i}`);
    const heard = names.map(async (name) => {
      const { 0: client, 1: server } = new WebSocketPair();
      const first = new Promise((resolve) => {
        client.addEventListener("message", ({ data }) => resolve(data), { once: true });
      });
      sockets.accept(server, { caller: caller(name), since: "latest" });
      client.accept();
      return first;
    });
    expect(await Promise.all(heard)).toEqual(names);
    expect(turns.map(({ length }) => length)).toEqual([32, 32, 32, 4]);
    sockets.closeAll(4503);
  });
});
