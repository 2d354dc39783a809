// Brings one member up to an offset, call by call, as far as the member says that it has come.

import type { Batch, Held, LiveEntry } from "../objects/member.ts";
import type { Member } from "./members.ts";

export interface Errand {
  /** Where the member is believed to stand, and the offset to bring it to. */
  cursor: number;
  to: number;
  batchAfter(cursor: number): Batch;
  /** Goes with the first call. */
  live: LiveEntry[];
  /** Whether a member that lacks more than was believed is brought up here, however long it takes. */
  isPatient: boolean;
  /** Whether the event may make one more call. */
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
      // It may find once that it lacks more; otherwise it must come on.
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
