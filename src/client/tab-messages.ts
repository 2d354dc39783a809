// The messages between the tabs of a user.

import type { DownFrame } from "../protocol/down.ts";
import type { Line } from "./transport.ts";

export type TabMessage =
  /** `hello` asks for the leader's connection, `here` answers; a tab that is left says `leave`. */
  | { say: "hello" | "here" | "leave" }
  /** A frame for the hub. `at` is the time (ms) at which the tab sent it. */
  | { say: "up"; text: string; at: number }
  | { say: "down"; frame: DownFrame }
  /** The leader's line is gone. Without a `reason` the leader has closed it itself. */
  | { say: "lost"; close: number; reason?: string };

/** `to` is a tab, the leader, or all but the leader. */
export type TabEnvelope = TabMessage & { to: string; from: string };
export type Post = (to: string, saying: TabMessage) => void;

export const LEADER = "leader";
export const ALL = "all";

/** A leader that takes longer to answer hangs: the following tab opens a line of its own. */
export const ANSWER_MS = 5_000;

/** One tab's end of the shared line. */
export interface TabPort extends Line {
  /** Only in a following tab: whether its client has received a connection. */
  isBegun?(): boolean;
  onMessage(word: TabEnvelope): void;
}
