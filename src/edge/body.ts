// Reads of a request's body. The length is checked before anything is parsed.

import * as v from "valibot";
import { isRefusal, RefusalError, refusal } from "../protocol/error.ts";
import { parseJson } from "../protocol/json.ts";
import { BODY_BYTES_MAX } from "../protocol/limits.ts";
import { refusalFromIssue } from "../publish/validation.ts";
import { drain } from "./drain.ts";

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

/** Returns the body as text. Throws a RefusalError when it is compressed, too long or not UTF-8. */
export async function readBody(request: Request): Promise<string> {
  const coding = request.headers.get("content-encoding") ?? "identity";
  if (coding.toLowerCase() !== "identity")
    throw new RefusalError(
      refusal(
        "unsupported_media_type",
        "send the body uncompressed, without `content-encoding`",
        "content-encoding",
      ),
    );
  const announced = Number(request.headers.get("content-length") ?? "0");
  if (announced > BODY_BYTES_MAX) throw tooLarge();
  const bytes = await readBytes(request);
  try {
    return UTF8.decode(bytes);
  } catch {
    throw new RefusalError(refusal("bad_request", "send the body in UTF-8"));
  }
}

/**
 * Returns a JSON body as the schema parses it; an empty body counts as `{}`. Throws a RefusalError when
 * the body is not valid.
 */
export async function readJson<T>(
  request: Request,
  schema: v.GenericSchema<unknown, T>,
): Promise<T> {
  const text = await readBody(request);
  const parsed = text.trim() === "" ? { value: {} } : parseJson(text);
  if (isRefusal(parsed)) throw new RefusalError(parsed);
  // The schema takes a list for an object that lacks all members.
  if (Array.isArray(parsed.value))
    throw new RefusalError(refusal("invalid_params", "send a JSON object"));
  const result = v.safeParse(schema, parsed.value, { abortEarly: true });
  if (result.success) return result.output;
  throw new RefusalError(refusalFromIssue(result.issues[0]));
}

async function readBytes(request: Request): Promise<Uint8Array> {
  // The runtime enforces an announced length; a body without one is counted while it arrives.
  if (request.headers.has("content-length")) return new Uint8Array(await request.arrayBuffer());
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = request.body?.getReader();
  for (;;) {
    const { done = true, value } = (await reader?.read()) ?? {};
    if (done || value === undefined) break;
    length += value.length;
    if (length > BODY_BYTES_MAX) {
      await drain(reader as ReadableStreamDefaultReader<Uint8Array>);
      throw tooLarge();
    }
    chunks.push(value);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

const tooLarge = () =>
  new RefusalError(
    refusal("payload_too_large", `send at most ${BODY_BYTES_MAX} bytes: split the list`),
  );
