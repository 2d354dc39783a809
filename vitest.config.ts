// Three projects: `pure` runs in plain Node and needs nothing else; `workerd` runs inside the runtime,
// beside the objects themselves; `node` starts real hubs and speaks to them over the network.

import { availableParallelism } from "node:os";
import { cloudflareTest } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";
import { PURE } from "./test/support/pure.ts";
import { TEST_VARS } from "./test/support/vars.ts";

const workerd = [
  "test/{protocol,settings,trust,objects,edge,publish,log,live,delivery,topic,inbox,socket,cost}/**/*.test.ts",
];

export default defineConfig({
  test: {
    reporters: ["default", "./test/support/count-reporter.ts"],
    // A file at a time for each core: hubs and browsers leave a core idle two fifths of the time.
    maxWorkers: availableParallelism(),
    projects: [
      {
        // They share a process, which spares each the start of one, and no test leaves it a global.
        test: { name: "pure", include: PURE, isolate: false, unstubGlobals: true },
      },
      {
        plugins: [
          cloudflareTest({
            main: "./src/worker.ts",
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              bindings: TEST_VARS,
              // For a test to bind as it likes; the hub's own bindings are absent.
              ratelimits: { SPARE_LIMIT: { namespace_id: "1", simple: { limit: 3, period: 60 } } },
            },
          }),
        ],
        test: {
          name: "workerd",
          include: workerd,
          exclude: PURE,
          // They share a runtime: to start one takes longer than most files run.
          isolate: false,
          setupFiles: "./test/support/fresh-runtime.ts",
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: "node",
          include: ["test/**/*.test.ts"],
          exclude: [...workerd, ...PURE],
          globalSetup: "./test/support/bundle-once.ts",
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
