// What the tabs of a user say to one another.

import type { DownFrame } from "../protocol/down.ts";
import type { Line } from "./transport.ts";

export type Saying =
  /** From a tab that asks for the leader's connection, or is being left; `here` answers the first. */
  | { say: "hello" | "here" | "leave" }
  /** `at` is the time (ms) at which it was sent. */
  | { say: "up"; text: string; at: number }
  | { say: "down"; frame: DownFrame }
  /** The leader's line is gone; `reason` where that is not the leader's own doing. */
  | { say: "lost"; close: number; reason?: string };

/** `to` is a tab, the leader, or all but the leader. */
export type Word = Saying & { to: string; from: string };
export type Tell = (to: string, saying: Saying) => void;

export const LEADER = "leader";
export const ALL = "all";

/** A leader that takes longer to answer hangs: a tab that follows opens a line of its own. */
export const ANSWER_MS = 5_000;

/** One tab's end of the shared line. */
export interface Station extends Line {
  /** Of a tab that follows: whether it has told its client of a connection. */
  isBegun?(): boolean;
  hear(word: Word): void;
}
