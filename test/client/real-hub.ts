// Parts that the tests against a real hub share: a client that does not wait long, and functions that
// wait for its events. To extend: add an `until…` for the event that your test needs.

import { type Client, newClient } from "../../src/client/client.ts";
import { surroundings } from "../../src/client/environment.ts";
import type { Inbox, InboxSnapshot } from "../../src/client/inbox.ts";
import type { Status } from "../../src/client/status.ts";
import type { TokenSource } from "../../src/client/token.ts";
import type { Transport } from "../../src/client/transport.ts";
import { websocket } from "../../src/client/websocket.ts";

/** A client with small random waits, so that it comes back soon. */
export function clientOf(
  url: string,
  token: TokenSource,
  transports: readonly Transport[] = [websocket()],
): Client {
  const environment = { ...surroundings(), random: () => Math.random() / 50 };
  return newClient({ url, token, transports }, environment);
}

/** Resolves with the status as soon as it is in this state. */
export function until<State extends Status["state"]>(
  client: Client,
  state: State,
): Promise<Extract<Status, { state: State }>> {
  return new Promise((resolve) => {
    const look = (status: Status) => {
      if (status.state !== state) return;
      end();
      resolve(status as Extract<Status, { state: State }>);
    };
    const end = client.onStatus(look);
    look(client.status);
  });
}

/** Resolves with the snapshot as soon as `isSo` holds for it. */
export function untilShown(
  store: Inbox,
  isSo: (snapshot: InboxSnapshot) => boolean,
): Promise<InboxSnapshot> {
  return new Promise((resolve) => {
    const look = (snapshot: InboxSnapshot) => {
      if (!isSo(snapshot)) return;
      end();
      resolve(snapshot);
    };
    const end = store.subscribe(look);
    look(store.getSnapshot());
  });
}

/** The items that a subscriber was shown; `until` resolves when there are `count` of them. */
export class Shown<T> {
  readonly all: T[] = [];
  #wake = () => undefined as unknown;

  readonly push = (one: T) => {
    this.all.push(one);
    this.#wake();
  };

  async until(count: number): Promise<T[]> {
    while (this.all.length < count)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    return this.all;
  }
}
