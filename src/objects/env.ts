// The bindings of the Worker and its objects: the object classes, the rate limits and the vars.

import type { Vars } from "../settings/settings.ts";
import type { InboxRpc } from "./inbox-rpc.ts";
import type { TopicRpc } from "./topic-rpc.ts";

export interface Env extends Vars {
  INBOX: DurableObjectNamespace<InboxRpc>;
  TOPIC: DurableObjectNamespace<TopicRpc>;
  LIMIT_BY_IP?: RateLimit;
  LIMIT_BY_USER?: RateLimit;
}
