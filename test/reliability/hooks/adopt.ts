// A writer that adopts what was loaded, and nothing else: the exchange as it is, without what comes before it.
import { resolve } from "node:path";
import { WriterThread } from "../../../src/main/engine/storage/writer-thread.ts";

const [file, staged] = process.argv.slice(2) as [string, string];
const migrations = resolve(import.meta.dirname, "../../../migrations");
const writer = await WriterThread.start({ file, synchronous: "full", migrations, migrate: false });
await writer.call("adopt", { staged, time: "T" });
await writer.close();
