// No acknowledged message is lost: a real hub is killed with SIGKILL at random moments, again and
// again, while several connections publish. Afterwards every answered publish is in the store, and a
// follower that reconnected with its cursor each time has it once.

import { expect, inject, it } from "vitest";
import type { LogMessage } from "../../src/protocol/message.ts";
import { bearer, call, tokenOf } from "../support/backend.ts";
import { type Hub, startHub } from "../support/hub.ts";
import { keptByTopic, keptByUser } from "../support/kept-messages.ts";
import { TestSocket } from "../support/socket.ts";
import { View } from "../support/view.ts";

const KILLS = 32;
const PUBLISHERS = 4;
const LOGS = [
  {
    publish: "/v1/users/ada/notifications",
    connect: "/v1/connect",
    kept: (url: string) => keptByUser(url, "ada"),
  },
  {
    publish: "/v1/topics/news/messages",
    connect: "/v1/topics/news/connect",
    kept: (url: string) => keptByTopic(url, "news"),
  },
];

/** Publishes until `stop`, and repeats an unanswered publish with its id; returns the ids. */
async function publish(name: string, path: string, hub: () => Promise<Hub>, stop: AbortSignal) {
  const acknowledged: string[] = [];
  for (let n = 0; !stop.aborted; n++) {
    const id = `${name}-${n}`;
    for (let stored = false; !stored; ) {
      const { url } = await hub();
      // The hub was killed during the request, so the message may be stored or not: it is sent again.
      const answer = await call(url, "POST", path, { id, data: { n } }).catch(() => null);
      if (answer !== null) expect([200, 201, 503]).toContain(answer.status);
      stored = answer !== null && answer.status < 300;
    }
    acknowledged.push(id);
  }
  return acknowledged;
}

const LAST = "last";

const idAndOffset = ({ id, offset }: LogMessage) => [offset, id];

/** Follows a log through every crash, until the last message. */
async function follow(view: View, path: string, hub: () => Promise<Hub>) {
  const isDone = () => view.applied.at(-1)?.id === LAST;
  const token = await tokenOf("ada", { "topic:*": ["subscribe"] });
  while (!isDone()) {
    const { url } = await hub();
    const since = view.cursor ?? "0:0";
    const socket = new TestSocket(url, `${path}?since=${since}`, { headers: bearer(token) });
    for (let open = true; open && !isDone(); ) {
      const frame = await socket.next();
      if (frame.type === "connected") {
        expect(frame.recovered).toBe(true);
        view.offset ??= 0;
      } else if (frame.type === "messages") expect(view.apply(frame)).toBe(true);
      else if (frame.type === "closed") open = false;
    }
    socket.drop();
  }
}

it("[LOG1] every publish answered with 2xx survives SIGKILL, exactly once and in order", {
  timeout: 240_000,
}, async () => {
  // The hub keeps everything, so a message that is missing afterwards was lost.
  const all = { INBOX_MESSAGES_MAX: "100000", TOPIC_MESSAGES_MAX: "100000" };
  let hub = Promise.resolve(await startHub(inject("bundle"), all));
  const stop = new AbortController();
  const views = LOGS.map(() => new View());
  const publishers = LOGS.flatMap(({ publish: path }) =>
    Array.from({ length: PUBLISHERS }, (_, i) =>
      publish(`${path.split("/")[2]}-${i}`, path, () => hub, stop.signal),
    ),
  );
  const followers = LOGS.map(({ connect }, i) => follow(views[i] as View, connect, () => hub));
  for (let kill = 0; kill < KILLS; kill++) {
    // No event of the hub may decide the moment of the kill, so it comes after a random time.
    await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 230));
    hub = hub.then((running) => running.restart());
    await hub;
  }
  stop.abort();
  const acknowledged = await Promise.all(publishers);
  const { url } = await hub;
  for (const { publish: path } of LOGS) await call(url, "POST", path, { id: LAST, type: LAST });
  await Promise.all(followers);
  // A new process reads the messages from the disk.
  hub = hub.then((running) => running.restart());
  const { url: urlAfter } = await hub;

  for (const [i, { kept, connect }] of LOGS.entries()) {
    const view = views[i] as View;
    const newcomer = new View();
    await follow(newcomer, connect, () => hub);
    for (const inStore of [await kept(urlAfter), newcomer.applied])
      expect(inStore.map(idAndOffset)).toEqual(view.applied.map(idAndOffset));
    const ids = acknowledged.slice(i * PUBLISHERS, (i + 1) * PUBLISHERS);
    const offsets = view.applied.map(({ offset }) => offset);
    expect(offsets).toEqual(offsets.map((_, at) => at + 1));
    expect(offsets.length).toBe(ids.flat().length + 1);
    // Each publisher waited for its answers, so its messages are in its own order, each once.
    for (const own of ids) {
      const prefix = own[0]?.replace(/\d+$/, "") ?? "";
      expect(view.applied.map(({ id }) => id).filter((id) => id.startsWith(prefix))).toEqual(own);
    }
  }
  await (await hub).stop();
});
