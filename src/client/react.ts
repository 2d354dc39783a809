"use client";

// belfry/react: the client and the inbox as hooks. Nothing connects while a page is rendered on a
// server; there the status is idle and the inbox not loaded.

import {
  createContext,
  createElement,
  type ReactElement,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useRef,
  useSyncExternalStore,
} from "react";
import type { Client } from "./client.ts";
import { type InboxSnapshot, inbox, usedInbox } from "./inbox.ts";
import { NOTHING } from "./inbox-view.ts";
import type { Status } from "./status.ts";
import type { SubscribeOptions, TopicMessage } from "./topic.ts";

const Context = createContext<Client | null>(null);

const IDLE: Status = { state: "idle" };

/** Provides a client to all components below. */
export function BelfryProvider(props: { client: Client; children?: ReactNode }): ReactElement {
  return createElement(Context, { value: props.client }, props.children);
}

/** Returns the client of the provider above; throws if there is none. */
export function useClient(): Client {
  const client = useContext(Context);
  if (client === null) throw new Error("put a <BelfryProvider client={…}> above this");
  return client;
}

export function useStatus(): Status {
  const client = useClient();
  return useSyncExternalStore(
    client.onStatus,
    () => client.status,
    () => IDLE,
  );
}

/**
 * Returns the inbox, and renders again when it changes. To mark a message, call
 * `inbox(client).markRead(offset)` in a handler.
 */
export function useInbox(): InboxSnapshot {
  const client = useClient();
  // Only `subscribe`, the first function, connects. React calls it neither on a server nor during a render.
  return useSyncExternalStore(
    useCallback((listener: () => void) => inbox(client).subscribe(listener), [client]),
    () => usedInbox(client)?.getSnapshot() ?? NOTHING,
    () => NOTHING,
  );
}

/**
 * Calls `show` once for each message of a topic. A null `name` subscribes to nothing. The functions may
 * change between renders.
 */
export function useTopic<Data = unknown>(
  name: string | null,
  show: (message: TopicMessage<Data>) => void,
  { since = "latest", onError }: Pick<SubscribeOptions, "since" | "onError"> = {},
): void {
  const client = useClient();
  const newest = useRef({ show, onError });
  useEffect(() => {
    newest.current = { show, onError };
  });
  useEffect(
    () =>
      name === null
        ? undefined
        : client.topic<Data>(name).subscribe((message) => newest.current.show(message), {
            since,
            onError: (error) => newest.current.onError?.(error),
          }),
    [client, name, since],
  );
}
