// The page that `npm start` shows: two users, a form, and the traffic between them.

import "../element/index.ts";
import { find, write } from "./dom.ts";
import { startForm } from "./form.ts";
import { startFrames } from "./frames.ts";
import { startHistory } from "./history.ts";
import { USERS, type User } from "./hub.ts";
import { startNumbers } from "./numbers.ts";
import { addPane } from "./pane.ts";
import { Publishes } from "./publishes.ts";
import { startTimeline } from "./timeline.ts";

const environment = {
  /** In milliseconds; finer than the wall clock, and never set back. */
  now: performance.now.bind(performance),
  after(ms: number, act: () => void) {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
};
/** The same moment in milliseconds since 1970. */
const wallClock = () => performance.timeOrigin + environment.now();

write(find("#origin"), location.host);
const showNumbers = startNumbers();
const showTimeline = startTimeline();
const askHistory = startHistory();
const addFrame = startFrames();
const publishes = new Publishes(environment.now, changed);

const devices = USERS.map((user) =>
  addPane(user, { ...environment, now: wallClock }, eventsOf(user)),
);

startForm({
  origin: location.origin,
  newId: () => `demo-${crypto.randomUUID().slice(0, 8)}`,
  async send(draft, count) {
    const publish = await publishes.send(draft, count);
    askHistory(draft.to);
    return publish;
  },
});
changed();

function eventsOf(user: User): Parameters<typeof addPane>[2] {
  return {
    changed,
    frame: (direction, text) => addFrame({ user, direction, text, time: wallClock() }),
    arrived(address, id, isMissed) {
      publishes.arrived(user, address, id, isMissed);
      askHistory();
    },
  };
}

/** Changes often come in groups: draw them once per animation frame. */
let isDue = false;
function changed(): void {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    const sum = (name: "messages" | "frames" | "reconnects" | "twice") =>
      devices.reduce((total, { seen }) => total + seen[name], 0);
    showTimeline(publishes.list);
    showNumbers({
      open: devices.filter(({ client }) => client.status.state === "open").length,
      messages: sum("messages"),
      frames: sum("frames"),
      reconnects: sum("reconnects"),
      twice: sum("twice"),
      latencies: publishes.latencies(),
    });
  });
}
