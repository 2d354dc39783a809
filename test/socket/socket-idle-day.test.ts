// What a socket costs that nothing is sent to: a day of it.

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

// The clock is a simulated one, so the day takes a second; the runtime does not hibernate so fast by
// itself, so the object is evicted after every refresh. Were a ping to wake it, or anything else but
// a refresh, a handler would be called and counted.
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

    // A topic's object asks the user's inbox whether the token was revoked, which is no handler here.
    expect(counted.wakes).toBe(24);
    expect(counted.instances.size).toBe(24);
    expect(counted.written()).toBe(0);
    expect(counted.alarms).toBe(0);
    // And the socket is alive: what is published reaches it. The platform has noted the pings by its
    // own clock, so the object looks at them by that.
    vi.useRealTimers();
    await stub.publish([draft("late")]);
    expect((await socket.messages()).messages).toMatchObject([{ data: "late" }]);
    expect(counted.written()).toBe(1);
  },
);
