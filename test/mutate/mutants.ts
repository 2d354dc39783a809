import { EDGE } from "./edge.ts";
import { INBOX } from "./inbox.ts";
import { LOG } from "./log.ts";
import type { Mutant } from "./mutant.ts";
import { PROTOCOL } from "./protocol.ts";
import { SOCKET } from "./socket.ts";
import { TOPIC } from "./topic.ts";

/** All, in the order of a message's journey. */
export const MUTANTS: Mutant[] = [...PROTOCOL, ...EDGE, ...LOG, ...INBOX, ...TOPIC, ...SOCKET];
