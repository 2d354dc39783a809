// The limit of one user's connections, and the connections that make room for a new one.

import { afterEach, describe, expect, it, vi } from "vitest";
import { CONNECTIONS_MAX, SILENCE_MS, UNHEARD_MS } from "../../src/protocol/limits.ts";
import { openSocket } from "../../src/socket/upgrade.ts";
import { BOTH, connect, freshInbox, freshTopic, ObjectSocket } from "../support/object.ts";
import { expectEnd } from "../support/socket-end.ts";

const KINDS = [
  { kind: "an inbox", make: freshInbox },
  { kind: "a topic", make: freshTopic },
];

const CALLER = { connection: "c_stream", exp: null, iat: null, caps: {} };

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
      for (const socket of others) await socket.roundTrip();
      silent.send("ping");
      await silent.nextOf("pong");
      // The platform notes the ping by its own clock, which runs on: the times leave room on each side.
      vi.setSystemTime(now + SILENCE_MS - 1000);
      await rest(stub);
      await expect(connect(stub, "latest")).rejects.toThrow("connection_limit");
      vi.setSystemTime(now + 2 * SILENCE_MS);
      await rest(stub);
      const more = await connect(stub, "latest");
      expect(await more.nextOf("connected")).toBeTruthy();
      expect(await expectEnd(silent, 4004)).toEqual([]);
      // Connections that have sent a frame and never pinged do not count as silent.
      for (const socket of others) await socket.roundTrip();
      expect(others.filter(({ closed }) => closed !== null)).toEqual([]);
      await rest(stub);
      await expect(connect(stub, "latest")).rejects.toThrow("connection_limit");
    },
  );

  it.each(KINDS)(
    "[CON7] in $kind the oldest connection from which nothing ever came makes room",
    async ({ make }) => {
      const now = Date.now();
      vi.useFakeTimers({ toFake: ["Date"], now });
      const stub = make();
      const sockets: ObjectSocket[] = [];
      for (let i = 0; i < CONNECTIONS_MAX; i++) {
        // The second connection is the oldest, and the first the next oldest.
        vi.setSystemTime(now - ([1_000, 2_000][i] ?? 0));
        sockets.push(await connect(stub, "latest"));
      }
      vi.setSystemTime(now);
      for (const socket of sockets) await socket.nextOf("connected");
      const [first, second, ...others] = sockets as [ObjectSocket, ObjectSocket, ...ObjectSocket[]];
      await rest(stub);
      vi.setSystemTime(now - 2_000 + UNHEARD_MS - 1_000);
      await expect(connect(stub, "latest")).rejects.toThrow("connection_limit");
      vi.setSystemTime(now + UNHEARD_MS + 1_000);
      for (const lost of [second, first]) {
        await rest(stub);
        await (await connect(stub, "latest")).nextOf("connected");
        expect(await expectEnd(lost, 4004)).toEqual([]);
      }
      for (const socket of others) await socket.roundTrip();
      expect(others.filter(({ closed }) => closed !== null)).toEqual([]);
    },
  );

  it.each(KINDS)(
    "[CON7] in $kind a connection that has pinged, has sent a frame or is an event stream makes no room",
    async ({ make }) => {
      const now = Date.now();
      vi.useFakeTimers({ toFake: ["Date"], now });
      const stub = make();
      const sockets: ObjectSocket[] = [];
      for (let i = 0; i < CONNECTIONS_MAX - 1; i++) {
        const socket = await connect(stub, "latest");
        await socket.nextOf("connected");
        if (i % 2 === 0) socket.send("ping");
        else await socket.roundTrip();
        if (i % 2 === 0) await socket.nextOf("pong");
        sockets.push(socket);
      }
      const caller = { ...CALLER, user: "ada", source: "user:ada" };
      const stream = { caller, since: "latest" as const, offered: false, isStream: true };
      const { webSocket } = await openSocket(stub, stream);
      sockets.push(new ObjectSocket(webSocket as WebSocket));
      vi.setSystemTime(now + 2 * UNHEARD_MS);
      await rest(stub);
      await expect(connect(stub, "latest")).rejects.toThrow("connection_limit");
      expect(sockets.filter(({ closed }) => closed !== null)).toEqual([]);
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
