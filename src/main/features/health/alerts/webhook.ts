import { createHmac, randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "../../../engine/log.ts";

export interface WebhookOptions {
  readonly url: string;
  /** Key for signatures; empty: messages are not signed. */
  readonly secret: string;
  readonly log: Logger;
  /** Called with the outcome of each message. */
  readonly onEnd: (result: "sent" | "failed" | "dropped") => void;
  /** Milliseconds before the first retry; doubled before each further one. */
  readonly retryMs?: number;
}

const TIMEOUT_MS = 10_000;
/** Including the pauses, some two hours: long enough for a receiver to be restarted. */
const ATTEMPTS = 12;
const RETRY_MS = 2_000;
const LONGEST_PAUSE_MS = 900_000;
/** Maximum queued messages. Beyond it the oldest is dropped, since the newest has the current status. */
const MOST_WAITING = 100;

interface Message {
  readonly id: string;
  readonly body: string;
}

/**
 * `t=SECONDS,v1=HEX`: HMAC-SHA256 of `SECONDS.BODY`, keyed with the secret. The time is that of the attempt,
 * so a receiver can reject old requests; the id is that of the message, so it can detect repetitions.
 */
export function signatureOf(secret: string, seconds: number, body: string): string {
  const digest = createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex");
  return `t=${seconds},v1=${digest}`;
}

/**
 * Posts messages to a URL in the background, in order and one at a time. A failed message is retried with
 * growing pauses, but not after a 4xx other than 408 and 429. `send` never blocks and never throws.
 */
export class Webhook {
  readonly #options: WebhookOptions;
  readonly #waiting: Message[] = [];
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: WebhookOptions) {
    this.#options = options;
  }

  send(content: unknown): void {
    if (this.#stop.signal.aborted) return;
    if (this.#waiting.length >= MOST_WAITING) {
      this.#waiting.shift();
      this.#options.onEnd("dropped");
    }
    this.#waiting.push({ id: randomUUID(), body: JSON.stringify(content) });
    this.#running ??= this.#drain().finally(() => {
      this.#running = undefined;
    });
  }

  /** Aborts the message being sent. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #drain(): Promise<void> {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const result = await this.#deliver(next);
      if (this.#stop.signal.aborted) return;
      this.#options.onEnd(result);
    }
  }

  async #deliver(message: Message): Promise<"sent" | "failed"> {
    const { log, retryMs = RETRY_MS } = this.#options;
    for (let attempt = 1; ; attempt++) {
      const fault = await this.#post(message);
      if (fault === undefined) return "sent";
      if (this.#stop.signal.aborted) return "failed";
      const last = fault.final || attempt === ATTEMPTS;
      log[last ? "error" : "warn"](
        { fault: fault.reason, attempt, message: message.id },
        "alert not delivered",
      );
      if (last) return "failed";
      const pause = Math.min(LONGEST_PAUSE_MS, retryMs * 2 ** (attempt - 1));
      await delay(pause, undefined, { signal: this.#stop.signal, ref: false }).catch(() => {});
    }
  }

  async #post({
    id,
    body,
  }: Message): Promise<{ readonly reason: string; readonly final: boolean } | undefined> {
    try {
      const { status, body: answer } = await fetch(this.#options.url, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "user-agent": "chinook-server",
          ...this.#headers(id, body),
        },
        body,
        redirect: "error",
        signal: AbortSignal.any([this.#stop.signal, AbortSignal.timeout(TIMEOUT_MS)]),
      });
      await answer?.cancel();
      if (status < 300) return undefined;
      return { reason: `the receiver answered ${status}`, final: isFinal(status) };
    } catch (error) {
      const { cause, message } = error as Error;
      return { reason: cause instanceof Error ? cause.message : message, final: false };
    }
  }

  #headers(id: string, body: string): Record<string, string> {
    const { secret } = this.#options;
    const seconds = Math.floor(Date.now() / 1_000);
    const signed = secret === "" ? {} : { "chinook-signature": signatureOf(secret, seconds, body) };
    return { "chinook-alert-id": id, ...signed };
  }
}

const isFinal = (status: number): boolean =>
  status >= 400 && status < 500 && status !== 408 && status !== 429;
