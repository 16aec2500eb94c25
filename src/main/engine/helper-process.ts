import { type ChildProcess, fork } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { AppError, type ErrorCode, fromFailure } from "../../shared/errors.ts";
import type { HelperReply } from "../../shared/helper.ts";

export interface HelperOptions {
  /** The process's module, without its extension, and what that is relative to. */
  readonly module: string;
  readonly base: string;
  /** Requests that may wait for the one that runs; one more is refused. */
  readonly maxWaiting: number;
  /** Milliseconds without a request after which the process ends. */
  readonly idleMs: number;
  /** MiB of JavaScript heap. */
  readonly heapMb: number;
  /** What it means that the process ended by itself in the middle of a request. */
  readonly lost: { readonly code: ErrorCode; readonly detail: string };
}

interface Running {
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: AppError) => void;
}

/**
 * A process that answers one request after the other, for work that cannot be interrupted from within: it is killed
 * when a request takes longer than it may. The next request starts another one. It ends when it idles.
 *
 * Full: `overloaded` at once. Closed: `closing`, for what waits, what runs and what comes.
 */
export class HelperProcess {
  readonly #options: HelperOptions;
  #child: ChildProcess | undefined;
  #running: Running | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #idle: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: HelperOptions) {
    this.#options = options;
  }

  /**
   * @param timeout how long it may run, and the error when it does not end by then.
   * @throws AppError `overloaded`, `closing`, the error of the timeout or of a lost process, or what the process said.
   */
  call<T>(request: unknown, timeout: { readonly ms: number; readonly error: () => AppError }): Promise<T> {
    if (this.#waiting > this.#options.maxWaiting) {
      return Promise.reject(new AppError("overloaded", { detail: "others are being worked on" }));
    }
    this.#waiting++;
    const reply = this.#last.then(() => this.#run(request, timeout));
    this.#last = reply.catch(() => {});
    return reply.finally(() => this.#waiting--) as Promise<T>;
  }

  /** Ends what runs. Harmless when nothing does. */
  stop(error: AppError): void {
    this.#running?.reject(error);
    this.#kill();
  }

  /** Again is harmless. */
  close(): void {
    this.#closed = true;
    this.stop(new AppError("closing"));
  }

  async #run(request: unknown, { ms, error }: { ms: number; error: () => AppError }): Promise<unknown> {
    if (this.#closed) throw new AppError("closing");
    clearTimeout(this.#idle);
    this.#child ??= this.#start();
    const child = this.#child;
    const timer = setTimeout(() => this.stop(error()), ms);
    try {
      return await new Promise((resolve, reject) => {
        this.#running = { resolve, reject };
        child.send({ request });
      });
    } finally {
      clearTimeout(timer);
      this.#running = undefined;
      this.#idle = setTimeout(() => this.#kill(), this.#options.idleMs).unref();
    }
  }

  #start(): ChildProcess {
    const { module, base, heapMb, lost } = this.#options;
    const child = fork(fileURLToPath(new URL(module + extname(base), base)), {
      execArgv: [`--max-old-space-size=${heapMb}`, "--disable-warning=ExperimentalWarning"],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      serialization: "advanced",
    });
    const gone = (cause: unknown) => {
      if (this.#child !== child) return;
      this.#child = undefined;
      this.#running?.reject(new AppError(lost.code, { detail: lost.detail, cause }));
    };
    child.once("error", gone);
    child.once("exit", (code, signal) => gone(new Error(`the process ended with ${signal ?? code}`)));
    child.on("message", (message: HelperReply) => {
      if (this.#child !== child) return;
      if ("reply" in message) this.#running?.resolve(message.reply);
      else this.#running?.reject(fromFailure(message.failure));
    });
    // A process that waits for its next request keeps nothing alive.
    child.unref();
    child.channel?.unref();
    return child;
  }

  #kill(): void {
    clearTimeout(this.#idle);
    const child = this.#child;
    this.#child = undefined;
    child?.kill("SIGKILL");
  }
}
