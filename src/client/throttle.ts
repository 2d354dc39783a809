// The pace of a line's frames: the hub closes a socket that sends more than 30 in a second of its clock. Half of
// that in a second of the client's clock leaves room for frames that the network bunches together.

import type { Cancel, Environment } from "./environment.ts";

const FRAMES_PER_WINDOW = 15;
const WINDOW_MS = 1_000;

export interface Pace {
  push(text: string): void;
  /** Drops the unsent frames, since their line is gone. */
  clear(): void;
}

export function createThrottle({ after }: Environment, send: (text: string) => void): Pace {
  let queue: string[] = [];
  /** Frames sent in this window, which the first of them opens. */
  let sent = 0;
  let cancel: Cancel = () => undefined;

  function open() {
    sent = 0;
    flush();
  }

  function flush() {
    for (const text of queue.splice(0, FRAMES_PER_WINDOW - sent)) {
      if (!sent) cancel = after(WINDOW_MS, open);
      sent += 1;
      send(text);
    }
  }

  return {
    push(text) {
      queue.push(text);
      flush();
    },
    clear() {
      queue = [];
      sent = 0;
      cancel();
    },
  };
}
