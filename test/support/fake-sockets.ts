// The sockets of an object over a runtime that a test plays: unsent bytes, pings, and closes under way.

import type { Caller } from "../../src/socket/attachment.ts";
import { Sockets } from "../../src/socket/sockets.ts";

export class FakeSocket {
  readyState = 1;
  bufferedAmount = 0;
  pingedAt: number | null = null;
  attachment: unknown = null;
  readonly sent: string[] = [];
  readonly closes: unknown[][] = [];

  send(frame: string): void {
    if (this.readyState !== 1) throw new Error("not open");
    this.sent.push(frame);
  }
  close(...how: unknown[]): void {
    this.closes.push(how);
    this.readyState = 2;
  }
  serializeAttachment(attachment: unknown): void {
    this.attachment = structuredClone(attachment);
  }
  deserializeAttachment(): unknown {
    return structuredClone(this.attachment);
  }
  /** The code of its close; null while it is open. */
  get code(): unknown {
    return this.closes[0]?.[0] ?? null;
  }
}

export const asSocket = (ws: FakeSocket) => ws as unknown as WebSocket;

/** Returns an object without sockets, which greets each socket with the frames in `greetings`. */
export function fakeObject(clock: () => number, greetings: string[] = ["hello"]) {
  const held: FakeSocket[] = [];
  let looks = 0;
  const state = {
    setWebSocketAutoResponse: () => undefined,
    acceptWebSocket: (ws: FakeSocket) => held.push(ws),
    getWebSockets: () => [...held],
    getWebSocketAutoResponseTimestamp: ({ pingedAt }: FakeSocket) => {
      looks += 1;
      return pingedAt === null ? null : new Date(pingedAt);
    },
  };
  const greeter = { confirm: () => undefined, greet: () => [...greetings] };
  /** Wakes the object, which knows of its sockets only their attachments. */
  const wake = () => new Sockets(state as unknown as DurableObjectState, greeter, clock);
  const join = (sockets: Sockets, caller: Partial<Caller> = {}, isStream = false) => {
    const ws = new FakeSocket();
    const connection = `c${held.length}`;
    sockets.accept(asSocket(ws), {
      caller: {
        ...{ connection, user: "ada", source: "user:ada", exp: null, iat: null, caps: {} },
        ...caller,
      },
      since: "latest",
      isStream,
    });
    return ws;
  };
  /** Adds a socket and greets it. */
  const greeted = (...args: Parameters<typeof join>) => {
    const ws = join(...args);
    args[0].of(asSocket(ws));
    return ws;
  };
  /** `lookUps` counts the calls for the time of a socket's last ping. */
  return { wake, join, greeted, lookUps: () => looks };
}
