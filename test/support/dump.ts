// The database of an object as SQL text, from the file in which the runtime keeps it.

import { globSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

type Field = Record<string, string>;

/** Returns the dumps of all objects of a class that have stored something. The hub must have ended. */
export function dumpsOf(storage: string, kind: "inbox" | "topic"): string[] {
  const files = globSync(`belfry-${kind}/*.sqlite`, { cwd: storage }).sort();
  return files.flatMap((file) => {
    const database = new DatabaseSync(join(storage, file));
    const tables = database
      .prepare(
        "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf_*' ORDER BY name",
      )
      .all() as Field[];
    const text = tables.flatMap(({ name = "", sql = "" }) => {
      const columns = database.prepare(`SELECT name FROM pragma_table_info('${name}')`).all();
      const quoted = (columns as Field[]).map((column) => `quote(${column.name})`);
      const rows = database
        .prepare(`SELECT ${quoted.join(" || ', ' || ")} AS text FROM ${name}`)
        .all();
      return [sql, ...(rows as Field[]).map((row) => `INSERT INTO ${name} VALUES (${row.text})`)];
    });
    database.close();
    return text.length === 0 ? [] : [`${text.join(";\n")};\n`];
  });
}
