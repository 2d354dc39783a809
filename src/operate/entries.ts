// What is built for others: the entries of the package, and the modules that a hub serves itself. The
// one list of both; `exports` in package.json names the same entries, and a test compares them.

/** `belfry/<name>`, by the file it is made of. */
export const ENTRIES = {
  client: "src/client/index.ts",
  inbox: "src/client/inbox.ts",
  sse: "src/client/sse.ts",
  tabs: "src/client/tabs.ts",
  react: "src/client/react.ts",
  server: "src/client/server.ts",
  element: "src/element/index.ts",
} as const;

/** `/<name>.js` on a hub, for pages without a bundler, by the files whose exports it has. */
export const ASSETS = {
  belfry: [ENTRIES.client, ENTRIES.inbox, ENTRIES.sse, ENTRIES.tabs],
  "belfry-inbox": [ENTRIES.element],
  /** What the element loads when somebody is about to look, by this name (src/element/code-of-hub.ts). */
  "belfry-inbox-list": ["src/element/listing.ts"],
} as const;

/** The command line, `npx belfry`. */
export const COMMAND = "src/cli/main.ts";

/** What brings its own dependency, and leaves it to the app. */
export const PEERS = ["react"];
