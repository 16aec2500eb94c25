import { workerData } from "piscina";
import { type Body, Executor, openDatabase, type Play, type Track, type Ways } from "./executor.ts";
import type { ReadName } from "./reads.ts";

export interface WorkerOptions {
  readonly file: string;
  readonly writes: boolean;
  readonly ways: Ways;
}

export type Task = readonly ["read", ReadName, object] | readonly ["play", Play] | readonly ["rename", Track];

const { file, writes, ways } = workerData as WorkerOptions;
const db = openDatabase(file, writes ? {} : { readonly: true, fileMustExist: true });
if (writes) db.pragma("synchronous = FULL");
const executor = new Executor(db, ways);

/** A batch shares one transaction. A single task runs in an implicit one. */
export default (tasks: readonly Task[]): Body[] =>
  writes && tasks.length > 1 ? executor.together(() => tasks.map(run)) : tasks.map(run);

function run(task: Task): Body {
  if (task[0] === "read") return executor.read(task[1], task[2]);
  return task[0] === "play" ? executor.play(task[1]) : executor.rename(task[1]);
}
