// The states of a connection.
//
//            first use           connected
//     idle ────────▶ connecting ──────────▶ open
//                      ▲    │ lost            │ lost
//                      │    ▼                 │
//                      waiting ◀──────────────┘
//
// Any state changes to `closed` when the hub forbids a return, when there is no token or it is another
// user's, or by `close()`; `connect()` leads out of it. A closed client shows nothing.

import type { Reason } from "./error.ts";

export type Status =
  | { state: "idle" }
  /**
   * `attempt` counts from 0 since the hub was last reached. `wasOpen` says whether the connection has been
   * open since it was last idle or closed.
   */
  | { state: "connecting"; attempt: number; wasOpen: boolean }
  /** `connection` is the hub's name for it, for logs and for the `exclude` of a publish. */
  | { state: "open"; transport: string; connection: string }
  /** It reconnects by itself at the time `until` (ms), or when the page is used again (null). */
  | { state: "waiting"; attempt: number; wasOpen: boolean; until: number | null; reason: Reason }
  /** It does not reconnect by itself. */
  | { state: "closed"; reason: Reason };
