// The hub itself, bundled as it is deployed. Its API key is made here for each run.

import { createHash, randomBytes } from "node:crypto";
import type { GreetingStep } from "../generator/subscriber.ts";
import type { Child } from "./child.ts";
import { get, post, put, upgrade } from "./request.ts";
import type { Address, Dialect } from "./server.ts";
import { jwtSecret, tokenHeader } from "./token.ts";
import { startWorkerd } from "./workerd.ts";
import { bundle, objectBindings } from "./wrangler.ts";

const apiKey = `bk_bench_${randomBytes(24).toString("base64url")}`;

export function startBelfry(): Promise<Child> {
  const sha256 = createHash("sha256").update(apiKey).digest("hex");
  const scopes = ["publish", "read", "manage", "tokens"];
  return startWorkerd({
    modules: bundle(),
    main: "worker.js",
    objects: objectBindings().map(({ binding, className }) => ({
      binding,
      className,
      uniqueKey: `belfry-${className.toLowerCase()}`,
    })),
    texts: {
      API_KEYS: JSON.stringify([{ name: "bench", sha256, scopes }]),
      JWT_SECRETS: jwtSecret,
      ALLOWED_ORIGINS: "",
    },
  });
}

const keyHeaders = [`Authorization: Bearer ${apiKey}`];

export const belfryDialect: Dialect = {
  publishRequest: ({ kind, name }, body) =>
    kind === "user"
      ? post(`/v1/users/${name}/notifications`, keyHeaders, body)
      : post(`/v1/topics/${name}/messages`, keyHeaders, body),

  connectRequest(address, client, since = "latest") {
    const path = address.kind === "user" ? "/v1/connect" : `/v1/topics/${address.name}/connect`;
    return upgrade(`${path}?since=${since}`, userHeaders(address, client));
  },

  greet: readGreeting,

  cursorOf(greeting) {
    const { epoch, offset } = JSON.parse(greeting) as { epoch: string; offset: number };
    return `${epoch}:${offset}`;
  },

  subscribing: {
    connectRequest: (topic, client) =>
      upgrade(`/v1/connect?since=latest&topics=${topic.name}~latest`, userHeaders(topic, client)),
    greet: readSubscribed,
  },

  following: {
    followRequest: (user, topic) => put(`/v1/users/${user.name}/follows/${topic.name}`, keyHeaders),
    delivery: {
      request: (topic, offset) =>
        get(`/v1/topics/${topic.name}/messages/${offset}/delivery`, keyHeaders),
      read: (reply) => (JSON.parse(reply) as { delivered: number }).delivered,
    },
    kept: {
      request: (user, limit) =>
        get(`/v1/users/${user.name}/notifications?limit=${limit}`, keyHeaders),
      // Only messages move the heads of these inboxes, so each head is the number of messages received.
      readCount: (reply) => Number((JSON.parse(reply) as { cursor: string }).cursor.split(":")[1]),
    },
  },
};

/** `connected` is the first frame of every connection that was let in. */
function readGreeting(frame: string): GreetingStep {
  const { type } = JSON.parse(frame) as { type: string };
  if (type !== "connected") throw new Error(`The hub greeted a client with: ${frame}`);
  return { ready: true };
}

/** `connected` comes first here too; the connection is ready when the topic is confirmed. */
function readSubscribed(frame: string): GreetingStep {
  const { type } = JSON.parse(frame) as { type: string };
  if (type === "connected") return { ready: false };
  if (type !== "reply") throw new Error(`The hub answered a subscribe with: ${frame}`);
  return { ready: true };
}

function userHeaders(address: Address, client: number): string[] {
  return [tokenHeader(address, client), "Sec-WebSocket-Protocol: belfry.v1"];
}
