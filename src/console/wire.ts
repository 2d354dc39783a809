// The line of one pane, to look at and to break: the SDK's own WebSocket transport, with a tap.

import type { Environment } from "../client/environment.ts";
import { type ClientOptions, websocket } from "../client/index.ts";
import type { DownFrame } from "../protocol/down.ts";

type Transport = NonNullable<ClientOptions["transports"]>[number];
type Line = ReturnType<Transport["open"]>;
type LineEvents = Parameters<Transport["open"]>[1];

/** Which way a frame went, as the hub sees it: up to it, or down from it. */
export type Direction = "up" | "down";

export interface Tap {
  frame(direction: Direction, text: string, frame: DownFrame | undefined): void;
}

export interface Wire {
  readonly transport: Transport;
  readonly isOffline: boolean;
  /** Cuts the line as a network would: the SDK is told nothing but that it is gone. */
  drop(reason: string): void;
  /** While it is offline nothing opens. */
  setOffline(isOffline: boolean): void;
  /** Gives the connection a token that ends in `ttlSeconds`, and asks for something once it has. */
  expire(token: string, ttlSeconds: number): void;
}

/** Of frames that the page sends beside the SDK, which is not told of their answers. */
const OWN_ID = "console";
/** A token ends on a whole second. */
const AFTER_END_MS = 300;
/** Lost without a word, as WebSockets number it. */
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
      // The hub sets no alarm for it: it looks at the end when the connection has something to do.
      environment.after(ttlSeconds * 1000 + AFTER_END_MS, () => {
        const look = JSON.stringify({ type: "history", id: OWN_ID, limit: 1 });
        if (current?.line === line) send(line, look);
      });
    },
  };
}

/** The text that travels; a token is not for screenshots. */
function print(frame: object): string {
  return JSON.stringify(frame, (name, value) => (name === "token" ? "…" : value));
}
