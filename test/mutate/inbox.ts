import { ERASURE } from "./inbox/erasure.ts";
import { FOLLOW } from "./inbox/follow.ts";
import { MARK } from "./inbox/mark.ts";
import { POLICY } from "./inbox/policy.ts";
import { READ } from "./inbox/read.ts";
import { SUBSCRIPTIONS } from "./inbox/subscriptions.ts";
import { TOPICS } from "./inbox/topics.ts";
import { WIRING } from "./inbox/wiring.ts";
import type { Mutant } from "./mutant.ts";

export const INBOX: Mutant[] = [
  ...WIRING,
  ...READ,
  ...POLICY,
  ...MARK,
  ...FOLLOW,
  ...SUBSCRIPTIONS,
  ...TOPICS,
  ...ERASURE,
];
