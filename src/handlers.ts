// Yours to change: what happens to messages of a `type` before they are kept.
//
// A handler takes a message and who sent it, and gives the message as it shall be kept,
// `{ to: "topic:…" }` to send it elsewhere, or `{ refuse: "…" }` with a sentence for the publisher.
// It runs at the edge for what is published by HTTP, and in the object for what comes over a
// socket; it may be run again when a publish is repeated, so keep it free of side effects.

import type { Handlers } from "./protocol/handler.ts";

export const handlers: Handlers = {
  // The worked example: a greeting becomes a notification, and one without a name is refused.
  "belfry.example.*": (message) => {
    const { name } = (message.data ?? {}) as { name?: unknown };
    if (typeof name !== "string") return { refuse: "belfry.example.* takes `data.name`, a string" };
    return { ...message, notification: { title: `Hello, ${name}` } };
  },
};
