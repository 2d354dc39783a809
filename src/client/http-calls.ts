// The frames of a client as calls of the HTTP API, for when nothing can be sent on the line itself.

import type { Offer, UpFrame } from "./transport.ts";

type Frame = Exclude<UpFrame, "ping">;
type Members = Record<string, unknown>;

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
  const topic = encodeURIComponent(members.topic as string);
  const follow = `users/me/follows/${topic}`;
  switch (type) {
    case "publish":
      return [["POST", `topics/${topic}/messages`, members.message]];
    case "follow":
      return [["PUT", follow]];
    case "unfollow":
      return [["DELETE", follow]];
    case "history":
      return [["GET", `${notifications}?before=${members.before}&limit=${members.limit}`]];
    case "delete":
      return (members.offsets as number[]).map((offset) => [
        "DELETE",
        `${notifications}/${offset}?epoch=${members.epoch}`,
      ]);
    default:
      return [["PATCH", notifications, { ...members, ...(FLAGS[type] ?? { [type]: true }) }]];
  }
}

/** Makes the calls, after those before; gives the frame that a socket would have answered with. */
export async function answerTo(
  { url, token }: Offer,
  frame: Frame,
  before: Promise<void> | undefined,
): Promise<Members> {
  await before;
  const { id } = frame;
  let answer: Members = {};
  for (const [method, path, body] of callsOf(frame)) {
    try {
      const response = await fetch(`${url}/v1/${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        // Undefined where there is none, which `fetch` takes for that.
        body: JSON.stringify(body) as string,
      });
      if (response.status !== 204) answer = await response.json();
      if (!response.ok) return { ...answer, type: "error", id, message: answer.title };
    } catch {
      // The network failed, or something that is not the hub has answered.
      const code = "temporary";
      return { type: "error", id, code, message: code, fix: "repeat", temporary: true };
    }
  }
  return { ...answer, type: "reply", id, message: answer };
}
