// A page of Next's app router: a server component that renders what the client takes over.
import { createHub, HubError } from "belfry/server";
import { Bell } from "./bell";

export const dynamic = "force-dynamic";

export default async function Page() {
  const hub = createHub({ url: "https://hub.example.com", key: `${process.env.BELFRY_KEY}` });
  const token = await hub.mintToken({ user: "ada" }).catch((cause: unknown) => {
    if (cause instanceof HubError) console.log(cause.field?.length);
    return { token: "" };
  });
  return <Bell token={token.token} />;
}
