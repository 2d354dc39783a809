// npm run api: writes the reports of the package's API. A test fails where they differ from the code.

import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { apiReports } from "./api-report.ts";

const FOLDER = resolve(import.meta.dirname, "../../docs/api");

mkdirSync(FOLDER, { recursive: true });
for (const [entry, text] of apiReports()) writeFileSync(join(FOLDER, `${entry}.md`), text);
