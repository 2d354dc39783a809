// The one request that reaches an object as HTTP to open a socket: made afresh by the edge, so that
// nothing of the client's own request can pass for ours.

import { EMPTY_EPOCH, type Since } from "../protocol/cursor.ts";
import type { Refusal } from "../protocol/error.ts";
import type { Caller } from "./attachment.ts";

export const SUBPROTOCOL = "belfry.v1";

/** What the edge found out about whoever connects. */
export interface Upgrade {
  caller: Caller;
  since: Since;
  /** Whether the client offered the sub-protocol, which is then confirmed. */
  offered: boolean;
  /** Whether the Worker holds it for the reader of an event stream, who cannot send anything. */
  isStream?: boolean;
  /** Topics that a user's connection begins with. */
  topics?: { topic: string; since: Since }[];
  /** What was named in place of a topic, or with a `since` that is none; and the fix. */
  refusedTopics?: { topic: string; fix: string }[];
  /** Why the caller is refused at a topic that is not public. */
  unlessPublic?: Refusal | null;
}

const HEADER = "belfry-upgrade";

/** Asks an object for a socket. Its answer holds one with status 101, and a refusal otherwise. */
export function openSocket(stub: Pick<Fetcher, "fetch">, upgrade: Upgrade): Promise<Response> {
  // Not as a Request of our own, which the runtime would only copy into one of its own.
  return stub.fetch("https://object/connect", {
    headers: { upgrade: "websocket", [HEADER]: printAscii(upgrade) },
  });
}

/** A header holds ASCII only. What is named in place of a topic may be any text. */
const printAscii = (upgrade: Upgrade) =>
  JSON.stringify(upgrade).replace(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** What `openSocket` asked for; null when it is another request. */
export function readUpgrade(request: Request): Upgrade | null {
  return JSON.parse(request.headers.get(HEADER) ?? "null") as Upgrade | null;
}

/** The answer to an upgrade: the client's end of the socket. */
export function upgraded(client: WebSocket, offered: boolean): Response {
  return new Response(null, {
    status: 101,
    webSocket: client,
    headers: offered ? { "sec-websocket-protocol": SUBPROTOCOL } : {},
  });
}

/** The object's own refusal of a connection, for the edge to tell in the client's way. */
export function refusedByObject(refusal: Refusal): Response {
  return Response.json(refusal, { status: 409 });
}

/** Where a replay begins: after a cursor of an empty log, at the beginning. */
export function startOf(since: Since, epoch: string): number | null {
  if (typeof since === "string" || "time" in since) return null;
  return since.epoch === EMPTY_EPOCH && epoch !== EMPTY_EPOCH ? 0 : since.offset;
}
