/** Runs the action on the first call and shares its result with later calls. A failure is not kept. */
export function once<T>(action: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () => {
    running ??= action().catch((error) => {
      running = undefined;
      throw error;
    });
    return running;
  };
}
