// The delivery to members with a connected device, ahead of the round, so that they do not wait for thousands
// without one.

import type { LiveEntry } from "../objects/member.ts";
import type { FanOutDeps, MemberCalls } from "./member-calls.ts";
import type { Member } from "./members.ts";
import { CALLS_MAX } from "./pool.ts";
import { changePosition, type Delivering } from "./position.ts";

export class ConnectedFirst<Meta extends Delivering> {
  readonly #deps: FanOutDeps<Meta>;
  readonly #calls: MemberCalls<Meta>;
  readonly #ended: () => void;
  readonly #failed: (cause: unknown) => Promise<void>;
  underWay: Promise<void> | null = null;

  constructor(
    deps: FanOutDeps<Meta>,
    calls: MemberCalls<Meta>,
    ended: () => void,
    failed: (cause: unknown) => Promise<void>,
  ) {
    this.#deps = deps;
    this.#calls = calls;
    this.#ended = ended;
    this.#failed = failed;
  }

  /** Takes the messages that are sent live only. */
  begin(live: LiveEntry[]): void {
    if (this.underWay !== null) return;
    const members = this.#lacking(live);
    if (members.length > 0) this.underWay = this.#run(members, [...live]);
  }

  /** Returns the members in step that have a connected device and lack messages. */
  #lacking(live: LiveEntry[]): Member[] {
    const { log, members, clock } = this.#deps;
    const { meta, head } = log.at(clock());
    const position = meta.delivered;
    const turn = live.at(-1)?.turn ?? 0;
    if (position === null || (position === head && turn === 0)) return [];
    return members
      .inStep()
      .filter(
        ({ isLive, sentUpTo, sentTurn }) =>
          isLive && (Math.max(sentUpTo, position) < head || sentTurn < turn),
      );
  }

  async #run(called: Member[], live: LiveEntry[]): Promise<void> {
    const { log, members, clock } = this.#deps;
    try {
      const { meta, head } = log.at(clock());
      const task = { position: meta.delivered ?? 0, to: head, live, isPatient: false };
      const answers = await this.#calls.callAll(called, { ...task, atOnce: CALLS_MAX });
      // The round handles all other answers.
      const gone = answers.filter(({ advanced }) => advanced.is === "gone");
      for (const { member, advanced } of answers)
        if (advanced.is !== "reached" && advanced.is !== "waiting") member.isLive = false;
      if (gone.length > 0)
        changePosition(log, clock(), (meta) => {
          for (const answer of gone) this.#calls.settle(answer);
          if (members.size === 0) meta.delivered = null;
        });
    } catch (cause) {
      await this.#failed(cause);
    } finally {
      this.underWay = null;
    }
    this.#ended();
  }
}
