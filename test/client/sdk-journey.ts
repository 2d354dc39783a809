// The steps of an app with the SDK, from the first connect to a return after a loss. They use nothing but
// the SDK and `fetch`, so that they run in every runtime that the SDK supports.

import { inbox } from "../../src/client/inbox.ts";
import { createClient, type Transport } from "../../src/client/index.ts";
import { createHub } from "../../src/client/server.ts";
import { sse } from "../../src/client/sse.ts";

export interface Journey {
  url: string;
  user: string;
  /** The user's token, which may subscribe and publish to the topic named like the user. */
  token: string;
  transports?: Transport[];
  /** Publishes to the user's inbox, as a backend does. */
  publish(title: string): Promise<unknown>;
  /** Breaks the user's connections, which may come back. */
  drop(): Promise<unknown>;
}

export interface Travelled {
  /** The titles of the notifications that arrived. */
  titles: unknown[];
  /** The data of the topic's messages. */
  said: unknown[];
  /** The unread count after a notification, after it was read, and after another one. */
  unread: number[];
  gaps: number;
}

export async function travel(journey: Journey): Promise<Travelled> {
  const { url, user, token, transports, publish, drop } = journey;
  const client = createClient({ url, token, ...(transports && { transports }) });
  const store = inbox(client);
  const travelled: Travelled = { titles: [], said: [], unread: [], gaps: 0 };
  client.onGap(() => {
    travelled.gaps += 1;
  });
  store.onMessage(({ notification }) => travelled.titles.push(notification?.title));
  const shown = (isSo: () => boolean) =>
    new Promise<void>((done) => {
      const look = () => isSo() && done();
      store.subscribe(look);
      look();
    });
  const unread = () => store.getSnapshot().counts.unread;
  await shown(() => store.getSnapshot().isLoaded);

  await publish("one");
  await shown(() => unread() === 1);
  travelled.unread.push(unread());
  await store.markAllRead();
  await shown(() => unread() === 0);
  travelled.unread.push(unread());

  const topic = client.topic(user);
  await topic.publish({ data: "hello" });
  const messages = topic.messages({ since: "1h" });
  const next = async () => travelled.said.push((await messages.next()).value?.data);
  await next();

  await drop();
  await publish("two");
  await topic.publish({ data: "again" });
  await next();
  await shown(() => unread() === 1);
  travelled.unread.push(unread());
  await messages.return();
  client.close();
  return travelled;
}

/** Travels over both transports, with a backend that has an API key. */
export async function travelBoth(url: string, key: string, name: string): Promise<Travelled[]> {
  const hub = createHub({ url, key });
  const begin = async (user: string, transports: Transport[] | undefined) => {
    const caps = { [`topic:${user}`]: ["subscribe" as const, "publish" as const] };
    const { token } = await hub.mintToken({ user, caps });
    return travel({
      url,
      user,
      token,
      ...(transports && { transports }),
      publish: (title) => hub.publish(`user:${user}`, { notification: { title } }),
      drop: () =>
        fetch(`${url}/v1/users/${user}/connections`, {
          method: "DELETE",
          headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
          body: '{"reconnect":true}',
        }),
    });
  };
  return Promise.all([begin(`${name}-socket`, undefined), begin(`${name}-stream`, [sse()])]);
}
