// The bindings that tests see on `env`, with the classes of the objects, since tests look into them.

import type { Inbox } from "../src/inbox/inbox.ts";
import type { Env } from "../src/objects/env.ts";
import type { Topic } from "../src/topic/topic.ts";

declare global {
  namespace Cloudflare {
    interface Env extends HubEnv {}
  }
}

interface HubEnv extends Env {
  INBOX: DurableObjectNamespace<Inbox>;
  TOPIC: DurableObjectNamespace<Topic>;
}
