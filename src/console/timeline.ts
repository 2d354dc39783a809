// The timeline of one publish from sent to arrived, to scale, and the list of publishes to choose from.

import { find, h, printMs, write } from "./dom.ts";
import { nameOf } from "./history.ts";
import { USERS } from "./hub.ts";
import { answerOf, type Publish, toneOf } from "./publishes.ts";

/** Returns a function that shows a list of publishes, newest first. */
export function startTimeline(): (list: readonly Publish[]) => void {
  const chart = find("#timeline");
  const body = find("#publishes");
  const empty = find("#publishes-empty");
  const of = find("#timeline-of");
  let list: readonly Publish[] = [];
  /** The number of the chosen publish; null follows the newest one. */
  let chosen: number | null = null;

  function choose(publish: Publish) {
    chosen = publish === list[0] ? null : publish.number;
    show(list);
  }

  function show(next: readonly Publish[]) {
    list = next;
    const publish = list.find(({ number }) => number === chosen) ?? list[0];
    empty.hidden = list.length > 0;
    if (publish === undefined) return;
    write(of, `${labelOf(publish)} to ${publish.draft.to}`);
    chart.replaceChildren(...marksOf(publish));
    const focused = list.findIndex(({ number }) => number === focusedNumber());
    body.replaceChildren(...list.map((each) => rowOf(each, each === publish, choose)));
    // The new rows have lost the keyboard focus: restore it.
    body.querySelectorAll<HTMLElement>("button")[focused]?.focus();
  }

  function focusedNumber(): number | null {
    const { activeElement } = document;
    return body.contains(activeElement) ? Number(activeElement?.getAttribute("data-number")) : null;
  }

  return show;
}

const labelOf = ({ draft, count }: Publish) =>
  `${nameOf(draft.message) || "(empty)"}${count > 1 ? ` × ${count}` : ""}`;

function marksOf(publish: Publish): Node[] {
  const { draft, sentAt, answeredAt, arrived, status } = publish;
  const steps: { name: string; at: number | undefined; kind: string; else: string }[] = [
    { name: "Answered", at: answeredAt, kind: "hub", else: "waiting" },
    ...USERS.map((user) => ({
      name: `At ${user}`,
      at: arrived[user],
      kind: user,
      else: draft.to === `user:${user}` && status === 201 ? "not yet" : "–",
    })),
  ];
  const total = Math.max(...steps.map(({ at }) => (at ?? sentAt) - sentAt), 1);
  const rows = steps.map((step) => {
    const ms = step.at === undefined ? null : step.at - sentAt;
    const bar = h("i", { class: `bar ${step.kind}`, hidden: ms === null });
    // The page's policy blocks a `style` attribute, but not a style set by script.
    bar.style.inlineSize = `${((ms ?? 0) / total) * 100}%`;
    return h(
      "div",
      { class: "step" },
      h("span", {}, step.name),
      h("span", { class: "track" }, bar),
      h("b", {}, ms === null ? step.else : printMs(ms)),
    );
  });
  return [...rows, h("p", { class: "muted" }, answerOf(publish))];
}

function rowOf(
  publish: Publish,
  isChosen: boolean,
  choose: (publish: Publish) => void,
): HTMLElement {
  const { sentAt, answeredAt, arrived, status, outcome, draft, number } = publish;
  const answer = `${status ?? (answeredAt === undefined ? "…" : "none")}`;
  const since = (at: number | undefined) => (at === undefined ? "–" : printMs(at - sentAt));
  const button = h(
    "button",
    { type: "button", class: "row", "aria-pressed": `${isChosen}`, "data-number": number },
    labelOf(publish),
  );
  button.addEventListener("click", () => choose(publish));
  return h(
    "tr",
    { class: isChosen ? "chosen" : undefined, title: outcome },
    h("td", {}, button, h("span", { class: "muted" }, draft.to)),
    h("td", {}, h("span", { class: `answer ${toneOf(publish)}` }, answer)),
    h("td", { class: "number" }, since(answeredAt)),
    ...USERS.map((user) => h("td", { class: "number" }, since(arrived[user]))),
  );
}
