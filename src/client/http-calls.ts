// The frames of a client as calls of the HTTP API, for when nothing can be sent on the line itself.

import type { Offer } from "./transport.ts";

/** The hub's address and the user's token. */
export type Credentials = Pick<Offer, "url" | "token">;

type Members = Record<string, unknown>;
/** A frame, read from its text. */
export type Frame = { type: string; id: number } & Members;

/** What a mark says in the body of a PATCH, where that is not its own name. */
const FLAGS: Record<string, Members> = {
  unread: { read: false },
  archive: { archived: true },
  unarchive: { archived: false },
};

/** The calls that a frame stands for: one, but each message is deleted by a call of its own. */
function callsOf({
  type,
  id: _,
  ...members
}: Frame): [method: string, path: string, body?: unknown][] {
  const notifications = "users/me/notifications";
  // It may come from anywhere, and must not lead to another route.
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

/** Returns the refusal of a frame that may succeed later. */
export function failure({ id }: Frame, fix: string): Members {
  const code = "temporary";
  return { type: "error", id, code, message: code, fix, temporary: true };
}

/** Makes the calls, after those before; gives the frame that a socket would have answered with. */
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
        // Undefined where there is none, which `fetch` takes for that.
        body: JSON.stringify(body) as string,
      });
      const said = response.status === 204 ? {} : await response.json();
      if (response.ok) answer = said;
      // A message that is gone already is no fault, as over a socket.
      else if (type !== "delete" || said.code !== "not_found")
        return { ...said, type: "error", id, message: said.title };
    } catch {
      // The network failed, or something that is not the hub has answered.
      return failure(frame, "repeat");
    }
  }
  return { ...answer, type: "reply", id, message: answer };
}
