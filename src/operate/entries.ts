// The modules that are built for others: the entries of the package, and the modules that a hub serves
// itself. This is the only list; `exports` in package.json repeats the entries, and a test compares
// them.

/** The source file of each entry `belfry/<name>`. */
export const ENTRIES = {
  client: "src/client/index.ts",
  inbox: "src/client/inbox.ts",
  sse: "src/client/sse.ts",
  tabs: "src/client/tabs.ts",
  react: "src/client/react.ts",
  server: "src/client/server.ts",
  element: "src/element/index.ts",
} as const;

/** The source files with the exports of each `/<name>.js` on a hub, for pages without a bundler. */
export const ASSETS = {
  belfry: [ENTRIES.client, ENTRIES.inbox, ENTRIES.sse, ENTRIES.tabs],
  "belfry-inbox": [ENTRIES.element],
  /** Loaded by this name when somebody is about to look (src/element/code-of-hub.ts). */
  "belfry-inbox-list": ["src/element/listing.ts"],
} as const;

/** The command line, `npx belfry`. */
export const COMMAND = "src/cli/main.ts";

/** Packages that the app has itself: the bundles import them and do not contain them. */
export const PEERS = ["react"];
