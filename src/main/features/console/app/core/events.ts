import { Problem } from "./api.ts";

/** One server-sent event. */
export interface ServerEvent {
  readonly name: string;
  readonly data: unknown;
}

/**
 * Reads a stream of server-sent events until it ends. Unlike `EventSource` it tells why the server refuses one.
 *
 * @throws Problem where the server refuses, TypeError where it does not answer or the connection breaks.
 */
export async function* eventsOf(path: string, signal: AbortSignal): AsyncGenerator<ServerEvent> {
  const response = await fetch(path, { headers: { accept: "text/event-stream" }, signal });
  if (!response.ok) throw new Problem(response.status, await response.json().catch(() => ({})));
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const whole = (text + value).split("\n\n");
    text = whole.pop()!;
    yield* whole.flatMap(parsed);
  }
}

/** None of a comment: that only says that the server is there. */
function parsed(event: string): ServerEvent[] {
  const [, name] = /^event: (.*)$/m.exec(event) ?? [];
  const [, data] = /^data: (.*)$/m.exec(event) ?? [];
  return name === undefined || data === undefined ? [] : [{ name, data: JSON.parse(data) }];
}
