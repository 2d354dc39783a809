// The cost of a day of an idle socket.

import { evictDurableObject } from "cloudflare:test";
import { afterEach, expect, it, vi } from "vitest";
import { tokenOf } from "../support/backend.ts";
import { connect, draft, freshInbox, freshTopic } from "../support/object.ts";
import { type Meter, meter } from "../support/object-meter.ts";

const PING_MS = 30_000;
const HOUR_MS = 3_600_000;
const TOKEN_SECONDS = 3_900;

let running: Meter | null = null;
afterEach(() => {
  running?.stop();
  vi.useRealTimers();
});

// The clock is simulated, so the day takes a second. The runtime does not hibernate that fast by itself, so
// the test evicts the object after every refresh. If a ping or anything else but a refresh woke it, the
// meter would count the call of a handler.
it.each([
  { kind: "an inbox", make: freshInbox },
  { kind: "a topic", make: freshTopic },
])(
  "[SOC13] [SOC1] [SOC3] a day on $kind, of pings and hourly refreshes, is no alarm, no row written, and a wake for each refresh",
  async ({ make }) => {
    let now = Math.floor(Date.now() / 1000) * 1000;
    vi.useFakeTimers({ toFake: ["Date"], now });
    const stub = make();
    await stub.publish([draft("kept")]);
    const socket = await connect(stub);
    await socket.messages();
    await evictDurableObject(stub);
    const counted = await meter(stub);
    running = counted;
    await evictDurableObject(stub);

    for (let hour = 0; hour < 24; hour++) {
      for (let at = 0; at < HOUR_MS; at += PING_MS) {
        now += PING_MS;
        vi.setSystemTime(now);
        socket.send("ping");
        expect(await socket.nextOf("pong")).toEqual({ type: "pong" });
        // A client refreshes before its token ends.
        if (at !== HOUR_MS - 4 * PING_MS) continue;
        const exp = now / 1000 + TOKEN_SECONDS;
        const token = await tokenOf("ada", { "topic:*": ["subscribe"] }, { exp });
        socket.send({ type: "refresh", id: hour, token });
        const reply = await socket.nextOf("reply");
        expect(reply).toEqual({ type: "reply", id: hour, expires_in: TOKEN_SECONDS });
        await evictDurableObject(stub);
      }
    }

    // A topic asks the user's inbox whether the token was revoked; that call is not counted as a handler.
    expect(counted.wakes).toBe(24);
    expect(counted.instances.size).toBe(24);
    expect(counted.written()).toBe(0);
    expect(counted.alarms).toBe(0);
    // The socket is alive: a published message reaches it. The platform noted the pings by its own clock,
    // so the object must compare them with that clock.
    vi.useRealTimers();
    await stub.publish([draft("late")]);
    expect((await socket.messages()).messages).toMatchObject([{ data: "late" }]);
    expect(counted.written()).toBe(1);
  },
);
