// The bindings that tests see on `env`.

import type { Env } from "../src/settings.ts";

declare global {
  namespace Cloudflare {
    interface Env extends HubEnv {}
  }
}

type HubEnv = Env;
