// The one HTTP request that opens a socket at an object. The edge makes it from scratch, so that no part of
// the client's own request can pass for the edge's.

import { EMPTY_EPOCH, type Since } from "../protocol/cursor.ts";
import type { Refusal } from "../protocol/error.ts";
import type { Caller } from "./attachment.ts";

export const SUBPROTOCOL = "belfry.v1";

/** A request for a socket, as the edge has verified it. */
export interface Upgrade {
  caller: Caller;
  since: Since;
  /** Whether the client offered the sub-protocol, which the answer then confirms. */
  offered: boolean;
  /** Whether the Worker holds the socket for an event stream, which cannot send anything. */
  isStream?: boolean;
  /** The topics that a user's connection subscribes to from its start. */
  topics?: { topic: string; since: Since }[];
  /** Names that are not topics or have no valid `since`, each with its fix. */
  refusedTopics?: { topic: string; fix: string }[];
  /** The refusal of the caller at a topic that is not public; null when it may watch that too. */
  unlessPublic?: Refusal | null;
}

const HEADER = "belfry-upgrade";

/** Asks an object for a socket; returns a response with the socket (status 101) or a refusal. */
export function openSocket(stub: Pick<Fetcher, "fetch">, upgrade: Upgrade): Promise<Response> {
  // A Request of our own would only be copied by the runtime into one of its own.
  return stub.fetch("https://object/connect", {
    headers: { upgrade: "websocket", [HEADER]: printAscii(upgrade) },
  });
}

/** A header holds only ASCII, but a refused topic name may be any text. */
const printAscii = (upgrade: Upgrade) =>
  JSON.stringify(upgrade).replace(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** Returns the upgrade that `openSocket` sent; null for any other request. */
export function readUpgrade(request: Request): Upgrade | null {
  return JSON.parse(request.headers.get(HEADER) ?? "null") as Upgrade | null;
}

/** Returns the answer to an upgrade: the client's end of the socket. */
export function upgraded(client: WebSocket, offered: boolean): Response {
  return new Response(null, {
    status: 101,
    webSocket: client,
    headers: offered ? { "sec-websocket-protocol": SUBPROTOCOL } : {},
  });
}

/** Returns an object's refusal, which the edge passes on in the form that fits the client. */
export function refusedByObject(refusal: Refusal): Response {
  return Response.json(refusal, { status: 409 });
}

/**
 * Returns the offset after which a replay begins; null when `since` is not a cursor. For the cursor of an
 * empty log that is 0, the beginning, once the log has an epoch.
 */
export function replayStart(since: Since, epoch: string): number | null {
  if (typeof since === "string" || "time" in since) return null;
  return since.epoch === EMPTY_EPOCH && epoch !== EMPTY_EPOCH ? 0 : since.offset;
}
