// A React page as Vite builds it, in strict mode.
import { type BelfryError, createClient, type NewMessage } from "belfry/client";
import "belfry/element";
import { type InboxSnapshot, inbox } from "belfry/inbox";
import { BelfryProvider, useInbox } from "belfry/react";
import { createRoot } from "react-dom/client";

const client = createClient({ url: "https://hub.example.com", token: async () => null });
if (import.meta.hot) import.meta.hot.dispose(() => client.close());

const offsetsOf = ({ notifications }: InboxSnapshot): number[] =>
  notifications.map(({ offset }) => offset);

function Bell() {
  const snapshot = useInbox();
  const [first] = offsetsOf(snapshot);
  return (
    <button type="button" onClick={() => first && inbox(client).markRead(first)}>
      {snapshot.counts.unread}
    </button>
  );
}

const message: NewMessage = { notification: { title: "Build passed" } };
client
  .topic("builds")
  .publish(message)
  .catch((error: BelfryError) => console.log(error.code));
// @ts-expect-error It says nothing.
const empty: NewMessage = { id: "build-118" };
console.log(empty.id);

createRoot(document.body).render(
  <BelfryProvider client={client}>
    <Bell />
    <belfry-inbox
      url="https://hub.example.com"
      token-url="/token"
      inline
      badge="unseen"
      className="bell"
      onbelfry-notification={({ detail }) => console.log(detail.message.id, detail.url)}
      onbelfry-counts={({ detail }) => console.log(detail.unread.toFixed())}
    />
    {/* @ts-expect-error There is no such badge. */}
    <belfry-inbox url="https://hub.example.com" badge="all" />
  </BelfryProvider>,
);
