// Yours to change: the handlers of messages by `type`, which run before a message is kept.
//
// A handler takes a message and its sender. It returns the message to keep, `{ to: "topic:…" }` to send it
// elsewhere, or `{ refuse: "…" }` with a sentence for the publisher. A handler runs at the edge for a message
// over HTTP, and in the object for one over a socket. It may run again when a publish is repeated, so keep it
// free of side effects.

import type { Handlers } from "./protocol/handler.ts";

export const handlers: Handlers = {
  // The worked example: a greeting becomes a notification, and one without a name is refused.
  "belfry.example.*": (message) => {
    const { name } = (message.data ?? {}) as { name?: unknown };
    if (typeof name !== "string") return { refuse: "belfry.example.* takes `data.name`, a string" };
    return { ...message, notification: { title: `Hello, ${name}` } };
  },
};
