// The way of one member forward in a log, batch by batch, until its answers say that it has reached an offset.

import type { DeliverReply, LiveEntry, LogBatch } from "../objects/member.ts";
import type { Member } from "./members.ts";

export interface Advance {
  /** The offset that the member is believed to have, and the offset to bring it to. */
  cursor: number;
  to: number;
  batchAfter(cursor: number): LogBatch;
  /** Sent with the first call only. */
  live: LiveEntry[];
  /**
   * Whether a member that has less than believed is brought up to date here, however many calls that
   * takes; otherwise the result is `rewound`.
   */
  isPatient: boolean;
  /** Takes one of the calls that the event may make; returns false when none is left. */
  mayCall(): boolean;
  deliver(member: string, batch: LogBatch): Promise<DeliverReply>;
}

/** How far a member came. */
export type Advanced =
  | { is: "reached"; hasSockets: boolean | undefined }
  | { is: "gone"; generation: number }
  | { is: "rewound"; cursor: number }
  | { is: "behind"; cursor: number; cause: string }
  /** The event has no call left. */
  | { is: "waiting" };

export async function advanceMember(
  { name, generation }: Member,
  { to, batchAfter, isPatient, mayCall, deliver, ...from }: Advance,
): Promise<Advanced> {
  let { cursor, live } = from;
  let hasGoneBack = false;
  try {
    for (;;) {
      if (!mayCall()) return { is: "waiting" };
      const batch = { ...batchAfter(cursor), live, generation };
      const held = await deliver(name, batch);
      if (!held.isAnyone) return { is: "gone", generation: held.generation };
      if (held.epoch !== batch.epoch)
        return { is: "behind", cursor, cause: `it is in the epoch ${held.epoch}` };
      const goesBack = held.offset < cursor;
      if (goesBack && !isPatient) return { is: "rewound", cursor: held.offset };
      // The member may go back once, to an offset below the believed one. Every other call must move it
      // forward.
      if (goesBack ? hasGoneBack : held.offset === cursor && cursor < to)
        return { is: "behind", cursor: held.offset, cause: "it took nothing" };
      hasGoneBack ||= goesBack;
      cursor = held.offset;
      live = [];
      if (cursor >= to) return { is: "reached", hasSockets: held.hasSockets };
    }
  } catch (cause) {
    return { is: "behind", cursor, cause: String(cause) };
  }
}
