// The numbers at the top of the page: the traffic of its two connections.

import { find, h, printMs, write } from "./dom.ts";

export interface Numbers {
  open: number;
  messages: number;
  frames: number;
  reconnects: number;
  /** Repeated deliveries of a message to an app: always 0 unless the SDK has a bug. */
  twice: number;
  latencies: readonly number[];
}

const NAMES: Record<string, (numbers: Numbers) => string> = {
  Connections: ({ open }) => `${open}`,
  Messages: ({ messages }) => `${messages}`,
  Frames: ({ frames }) => `${frames}`,
  Reconnects: ({ reconnects }) => `${reconnects}`,
  "Shown twice": ({ twice }) => `${twice}`,
  "Median latency": ({ latencies }) => {
    const sorted = latencies.toSorted((a, b) => a - b);
    const middle = sorted[sorted.length >> 1];
    return middle === undefined ? "–" : printMs(middle);
  },
};

/** Adds the numbers to the page; returns a function that updates them. */
export function startNumbers(): (numbers: Numbers) => void {
  const shown = Object.entries(NAMES).map(([name, print]) => ({ node: h("dd"), name, print }));
  find("#numbers").append(...shown.map(({ node, name }) => h("div", {}, h("dt", {}, name), node)));
  return (numbers) => {
    for (const { node, print } of shown) write(node, print(numbers));
  };
}
