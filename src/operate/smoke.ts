// npm run smoke -- <url> <API key>: checks a deployed hub from outside. Publishes to a user made for
// it, receives, stays idle until the object has gone to sleep, receives again, resumes, cleans up.

export {};

const IDLE_MS = 15_000;
const ANSWER_MS = 10_000;

const [url, key] = process.argv.slice(2);
if (url === undefined || key === undefined) {
  console.error("npm run smoke -- <url of the hub> <API key with all scopes>");
  process.exit(2);
}
const user = `smoke-${crypto.randomUUID()}`;

async function call(method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(new URL(path, url), {
    method,
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
  return text === "" ? null : JSON.parse(text);
}

const publish = (title: string) =>
  call("POST", `/v1/users/${user}/notifications`, { id: title, notification: { title } });

interface Frame {
  type: string;
  epoch: string;
  to: number;
  recovered?: boolean;
  messages?: { notification: { title: string } }[];
}

/** A socket whose frames are waited for one by one. */
function connect(token: string, since: string) {
  const address = new URL(`/v1/connect?since=${since}`, url);
  address.protocol = address.protocol.replace("http", "ws");
  const ws = new WebSocket(address, ["belfry.v1", `bearer.${token}`]);
  const frames: Frame[] = [];
  let wake: () => void = () => undefined;
  ws.onmessage = ({ data }) => {
    frames.push(JSON.parse(String(data)) as Frame);
    wake();
  };
  ws.onclose = ({ code }) => {
    frames.push({ type: `closed ${code}`, epoch: "", to: 0 });
    wake();
  };
  const next = async (type: string): Promise<Frame> => {
    const late = AbortSignal.timeout(ANSWER_MS);
    for (;;) {
      const frame = frames.shift();
      if (frame?.type === type) return frame;
      if (frame !== undefined) throw new Error(`waited for ${type}, got ${JSON.stringify(frame)}`);
      await new Promise<void>((resolve, reject) => {
        wake = resolve;
        late.onabort = () => reject(new Error(`no ${type} within ${ANSWER_MS / 1000} s`));
      });
    }
  };
  return { ws, next };
}

function expect(what: string, is: unknown, wanted: unknown): void {
  if (is !== wanted) throw new Error(`${what}: expected ${wanted}, got ${is}`);
  console.log(`ok  ${what}`);
}

const titleOf = (frame: Frame) => frame.messages?.map((m) => m.notification.title).join(",");

try {
  const { token } = (await call("POST", "/v1/tokens", { user, ttl: 300 })) as { token: string };
  const first = connect(token, "latest");
  await first.next("connected");
  await publish("one");
  expect("a message arrives", titleOf(await first.next("messages")), "one");
  console.log(`..  idle for ${IDLE_MS / 1000} s, so that the object goes to sleep`);
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  await publish("two");
  const { epoch, to } = await first.next("messages").then((frame) => {
    expect("a message wakes it and arrives", titleOf(frame), "two");
    return frame;
  });
  first.ws.close();
  await publish("three");
  await publish("three");
  const second = connect(token, `${epoch}:${to}`);
  expect("it resumes", (await second.next("connected")).recovered, true);
  expect("with what was missed, once", titleOf(await second.next("messages")), "three");
  second.ws.close();
  console.log("The hub works.");
} catch (cause) {
  console.error(`FAILED  ${(cause as Error).message}`);
  process.exitCode = 1;
} finally {
  await call("DELETE", `/v1/users/${user}`).catch(() => undefined);
}
