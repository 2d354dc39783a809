// The delivery to one member, batch by batch, until its answers say that it has reached an offset.

import type { Batch, Held, LiveEntry } from "../objects/member.ts";
import type { Member } from "./members.ts";

export interface Errand {
  /** The offset that the topic believes the member to have, and the offset to bring it to. */
  cursor: number;
  to: number;
  batchAfter(cursor: number): Batch;
  /** Sent with the first call only. */
  live: LiveEntry[];
  /**
   * Whether a member that has less than believed is brought up to date here, however many calls that
   * takes; otherwise the result is `lacking`.
   */
  isPatient: boolean;
  /** Takes one of the calls that the event may make; returns false when none is left. */
  mayCall(): boolean;
  deliver(member: string, batch: Batch): Promise<Held>;
}

export type Brought =
  | { is: "reached"; hasSockets: boolean | undefined }
  | { is: "gone"; generation: number }
  | { is: "lacking"; cursor: number }
  | { is: "behind"; cursor: number; cause: string }
  /** The event has no call left. */
  | { is: "waiting" };

export async function bring({ name, generation }: Member, errand: Errand): Promise<Brought> {
  const { to, batchAfter, isPatient, mayCall, deliver } = errand;
  let { cursor, live } = errand;
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
      if (goesBack && !isPatient) return { is: "lacking", cursor: held.offset };
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
