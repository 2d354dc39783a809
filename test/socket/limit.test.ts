// The limit of one user's connections, where some of them have fallen silent.

import { afterEach, describe, expect, it, vi } from "vitest";
import { CONNECTIONS_MAX, SILENCE_MS } from "../../src/protocol/limits.ts";
import { expectEnd } from "../support/ends.ts";
import { BOTH, connect, freshInbox, freshTopic, type ObjectSocket } from "../support/object.ts";

const KINDS = [
  { kind: "an inbox", make: freshInbox },
  { kind: "a topic", make: freshTopic },
];

afterEach(() => {
  vi.useRealTimers();
});

describe.each(BOTH)("an object that is $name", ({ rest }) => {
  it.each(KINDS)(
    "[CON7] [SOC4] in $kind a connection that has fallen silent makes room, and no other does",
    async ({ make }) => {
      const now = Date.now();
      vi.useFakeTimers({ toFake: ["Date"], now });
      const stub = make();
      const sockets: ObjectSocket[] = [];
      for (let i = 0; i < CONNECTIONS_MAX; i++) sockets.push(await connect(stub, "latest"));
      for (const socket of sockets) await socket.nextOf("connected");
      const [silent, ...others] = sockets as [ObjectSocket, ...ObjectSocket[]];
      silent.send("ping");
      await silent.nextOf("pong");
      // The platform's clock, which notes the ping, runs on: time to spare on either side.
      vi.setSystemTime(now + SILENCE_MS - 1000);
      await rest(stub);
      await expect(connect(stub, "latest")).rejects.toThrow("connection_limit");
      vi.setSystemTime(now + 2 * SILENCE_MS);
      await rest(stub);
      const more = await connect(stub, "latest");
      expect(await more.nextOf("connected")).toBeTruthy();
      expect(await expectEnd(silent, 4004)).toEqual([]);
      // Those that never ping are told from those that stopped.
      for (const socket of others) await socket.roundTrip();
      expect(others.filter(({ closed }) => closed !== null)).toEqual([]);
      await rest(stub);
      await expect(connect(stub, "latest")).rejects.toThrow("connection_limit");
    },
  );

  it.each(KINDS)(
    "[CON7] [SOC2] in $kind connections whose token has ended make room",
    async ({ make }) => {
      const now = Date.now();
      vi.useFakeTimers({ toFake: ["Date"], now });
      const stub = make();
      const exp = Math.floor(now / 1000) + 8;
      const sockets: ObjectSocket[] = [];
      for (let i = 0; i < CONNECTIONS_MAX; i++)
        sockets.push(await connect(stub, "latest", { exp }));
      for (const socket of sockets) await socket.nextOf("connected");
      vi.setSystemTime(now + 7_000);
      await rest(stub);
      await expect(connect(stub, "latest")).rejects.toThrow("connection_limit");
      vi.setSystemTime(now + 9_000);
      await rest(stub);
      await (await connect(stub, "latest")).nextOf("connected");
      for (const socket of sockets) expect(await expectEnd(socket, 4002)).toEqual([]);
    },
  );
});
