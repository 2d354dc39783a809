// Where a connection stands.
//
//            first use           connected
//     idle ────────▶ connecting ──────────▶ open
//                      ▲    │ lost            │ lost
//                      │    ▼                 │
//                      waiting ◀──────────────┘
//
// From anywhere `closed` is reached when the hub says not to come back, when there is no token or it is
// another user's, or by `close()`; `connect()` leads out of it. A closed client shows nothing.

import type { Reason } from "./error.ts";

export type Status =
  | { state: "idle" }
  /**
   * `attempt` counts from 0 since the hub was last reached. `wasOpen`: whether it was open before, since
   * it was last idle or closed.
   */
  | { state: "connecting"; attempt: number; wasOpen: boolean }
  /** `connection` is the hub's name of it, for logs, and for `exclude` of a publish. */
  | { state: "open"; transport: string; connection: string }
  /** It comes back by itself at the time `until` (ms), or when the page is used again (null). */
  | { state: "waiting"; attempt: number; wasOpen: boolean; until: number | null; reason: Reason }
  /** It does not come back by itself. */
  | { state: "closed"; reason: Reason };
