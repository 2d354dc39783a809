// The frames of a client as calls of the HTTP API, for a line that cannot send.

import type { Offer } from "./transport.ts";

/** The hub's address and the user's token. */
export type Credentials = Pick<Offer, "url" | "token">;

type Members = Record<string, unknown>;
/** A frame, read from its text. */
export type Frame = { type: string; id: number } & Members;

/** The flag of each mark in the body of a PATCH, if it is not the mark's own name. */
const FLAGS: Record<string, Members> = {
  unread: { read: false },
  archive: { archived: true },
  unarchive: { archived: false },
};

/** Returns the calls for a frame: one, but a separate one for each message to delete. */
function callsOf({
  type,
  id: _,
  ...members
}: Frame): [method: string, path: string, body?: unknown][] {
  const notifications = "users/me/notifications";
  // The name may come from anywhere; escaped, it cannot lead to another route.
  const topic = encodeURIComponent((members.topic as string) ?? "");
  const follow = `users/me/follows/${topic}`;
  switch (type) {
    case "publish":
      return [["POST", `topics/${topic}/messages`, members.message]];
    case "follow":
      return [["PUT", follow]];
    case "unfollow":
      return [["DELETE", follow]];
    case "history":
      return [
        ["GET", `${notifications}?${new URLSearchParams(members as Record<string, string>)}`],
      ];
    case "delete":
      return (members.offsets as number[]).map((offset) => [
        "DELETE",
        `${notifications}/${offset}?epoch=${members.epoch}`,
      ]);
    default:
      return [["PATCH", notifications, { ...members, ...(FLAGS[type] ?? { [type]: true }) }]];
  }
}

/** Returns a temporary refusal of a frame, as a socket would send it. */
export function failure({ id }: Frame, fix: string): Members {
  const code = "temporary";
  return { type: "error", id, code, message: code, fix, temporary: true };
}

/** Makes a frame's calls, after those of `before`; returns the frame that a socket would send. */
export async function answerTo(
  { url, token }: Credentials,
  frame: Frame,
  before: Promise<void> | undefined,
): Promise<Members> {
  await before;
  const { id, type } = frame;
  let answer: Members = {};
  for (const [method, path, body] of callsOf(frame)) {
    try {
      const response = await fetch(`${url}/v1/${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        // `fetch` takes undefined for no body.
        body: JSON.stringify(body) as string,
      });
      const said = response.status === 204 ? {} : await response.json();
      if (response.ok) answer = said;
      // Deleting a message that is gone already is no error, as over a socket.
      else if (type !== "delete" || said.code !== "not_found")
        return { ...said, type: "error", id, message: said.title };
    } catch {
      // The network failed, or something that is not the hub has answered.
      return failure(frame, "repeat");
    }
  }
  return { ...answer, type: "reply", id, message: answer };
}
