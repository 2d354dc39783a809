"use client";
import { createClient } from "belfry/client";
import "belfry/element";
import { BelfryProvider, useInbox } from "belfry/react";
import { useMemo } from "react";

const Count = () => <b>{useInbox().counts.unread}</b>;

export function Bell({ token }: { token: string }) {
  const client = useMemo(() => createClient({ url: "https://hub.example.com", token }), [token]);
  return (
    <BelfryProvider client={client}>
      <Count />
      <belfry-inbox
        client={client}
        onbelfry-notification={({ detail }) => console.log(detail.message.id)}
      />
    </BelfryProvider>
  );
}
