// The connection of one pane: the SDK's own WebSocket transport, with a tap for its frames and ways to break it.

import type { Environment } from "../client/environment.ts";
import { type ClientOptions, websocket } from "../client/index.ts";
import type { DownFrame } from "../protocol/down.ts";

type Transport = NonNullable<ClientOptions["transports"]>[number];
type Line = ReturnType<Transport["open"]>;
type LineEvents = Parameters<Transport["open"]>[1];

/** The direction of a frame: up to the hub, or down from it. */
export type Direction = "up" | "down";

export interface Tap {
  frame(direction: Direction, text: string, frame: DownFrame | undefined): void;
}

export interface Wire {
  readonly transport: Transport;
  readonly isOffline: boolean;
  /** Cuts the connection as a network fault would: the SDK learns only that it is lost. */
  drop(reason: string): void;
  /** Going offline cuts the connection; no new one opens until it is online again. */
  setOffline(isOffline: boolean): void;
  /** Refreshes the token with one that ends in `ttlSeconds`, and sends a request after its end. */
  expire(token: string, ttlSeconds: number): void;
}

/** The id of the page's own frames; the SDK, which did not send them, never sees the replies. */
const OWN_ID = "console";
/** A margin after the end of a token, which falls on a whole second. */
const AFTER_END_MS = 300;
/** The WebSocket close code of a connection lost without a close frame (RFC 6455 §7.4.1). */
const LOST = 1006;

export function createWire(environment: Pick<Environment, "after">, tap: Tap): Wire {
  const socket = websocket();
  let current: { line: Line; events: LineEvents } | undefined;
  let isOffline = false;

  function send(line: Line, text: string) {
    tap.frame("up", text === "ping" ? text : print(JSON.parse(text)), undefined);
    line.send(text);
  }

  function drop(reason: string) {
    const dropped = current;
    current = undefined;
    dropped?.line.close();
    dropped?.events.lost(LOST, reason);
  }

  const transport: Transport = {
    ...socket,
    open(offer, events) {
      if (isOffline) {
        const cancel = environment.after(0, () => events.lost(LOST, "offline"));
        return { send: () => undefined, close: cancel };
      }
      const line = socket.open(offer, {
        ...events,
        frame(frame) {
          tap.frame("down", print(frame), frame);
          if ((frame as { id?: unknown }).id !== OWN_ID) events.frame(frame);
        },
      });
      current = { line, events };
      return {
        send: (text) => send(line, text),
        close() {
          if (current?.line === line) current = undefined;
          line.close();
        },
      };
    },
  };

  return {
    transport,
    get isOffline() {
      return isOffline;
    },
    drop,
    setOffline(next) {
      isOffline = next;
      if (next) drop("offline");
    },
    expire(token, ttlSeconds) {
      const line = current?.line;
      if (line === undefined) return;
      send(line, JSON.stringify({ type: "refresh", id: OWN_ID, token }));
      // The hub sets no alarm for the end of a token: it checks the end only when the connection is active.
      environment.after(ttlSeconds * 1000 + AFTER_END_MS, () => {
        const look = JSON.stringify({ type: "history", id: OWN_ID, limit: 1 });
        if (current?.line === line) send(line, look);
      });
    },
  };
}

/** Returns a frame as JSON, with tokens masked so that no screenshot shows one. */
function print(frame: object): string {
  return JSON.stringify(frame, (name, value) => (name === "token" ? "…" : value));
}
