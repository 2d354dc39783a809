// A hundred messages in each request to one topic without listeners: the speed at which a backend can
// fill a log. Only the servers that store take part.

import { startClosedLoop } from "../generator/loops.ts";
import { messageList } from "../generator/payload.ts";
import type { Measure } from "./measure.ts";
import { newTopic, withStage } from "./stage.ts";
import { measureWindow } from "./window.ts";

const MESSAGES = 100;
const IN_FLIGHT = 8;

export const batch: Measure = {
  title: `${MESSAGES} messages in each request to one topic, ${IN_FLIGHT} requests in flight`,
  servers: ["belfry", "bare+insert"],
  figures: [{ key: "stored", unit: "stored messages/s" }],
  run(context) {
    const { server } = context;
    const topic = newTopic();
    const staging = { addresses: [topic], subscribers: 0, publishers: IN_FLIGHT };
    return withStage(server, staging, async (stage) => {
      const load = {
        ...stage,
        request: (sequence: number): string =>
          server.publishRequest(topic, messageList(sequence, MESSAGES)),
      };
      const { perSecond, usage } = await measureWindow(
        context,
        load,
        () => startClosedLoop(load, IN_FLIGHT),
        () => stage.publishes.finished * MESSAGES,
      );
      return { values: { stored: perSecond }, usage };
    });
  },
};
