import type { IncomingMessage } from "node:http";
import type * as OpenTelemetry from "@opentelemetry/api";

/** Begins a span for a request. @returns a function that ends it, given the answer's status. */
export type Trace = (incoming: IncomingMessage, method: string, route: string) => (status: number) => void;

const TRACEPARENT = /^[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-[\da-f]{2}/;

/**
 * The trace that a request belongs to, by its `traceparent` (W3C), for the log. Undefined if missing or
 * invalid.
 */
export function traceOf({ headers }: IncomingMessage): { trace_id: string; parent_id: string } | undefined {
  const given = headers.traceparent;
  const [, trace_id = "", parent_id = ""] = TRACEPARENT.exec(typeof given === "string" ? given : "") ?? [];
  if (/^0*$/.test(trace_id) || /^0*$/.test(parent_id)) return undefined;
  return { trace_id, parent_id };
}

/** Key under which an OpenTelemetry SDK registers itself: the same for every loaded copy of its API. */
const REGISTERED = Symbol.for("opentelemetry.js.api.1");

/**
 * Spans by OpenTelemetry, if an SDK was started before the server (`node --import`). Without one its API is not
 * even loaded, and requests cost nothing more.
 */
export async function openTracing(): Promise<Trace | undefined> {
  const registered = (globalThis as { [REGISTERED]?: { trace?: unknown } })[REGISTERED];
  return registered?.trace === undefined ? undefined : tracingBy(await import("@opentelemetry/api"));
}

function tracingBy({
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
}: typeof OpenTelemetry): Trace {
  const tracer = trace.getTracer("chinook-server");
  return (incoming, method, route) => {
    const parent = propagation.extract(context.active() ?? ROOT_CONTEXT, incoming.headers);
    const attributes = {
      "http.request.method": method,
      "http.route": route,
      "url.path": incoming.url?.split("?", 1)[0] ?? "",
    };
    const span = tracer.startSpan(`${method} ${route}`, { kind: SpanKind.SERVER, attributes }, parent);
    return (status) => {
      span.setAttribute("http.response.status_code", status);
      if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    };
  };
}
