import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { BackupBucket } from "../../src/main/features/backups/archive/bucket.ts";
import { DATA_FILE, type Manifest } from "../../src/main/features/backups/archive/manifest.ts";
import { temporaryFolder } from "../support/server.ts";

vi.setConfig({ testTimeout: 120_000 });
process.env.AWS_ACCESS_KEY_ID = "key";
process.env.AWS_SECRET_ACCESS_KEY = "secret";

const PATIENCE = { connect: 1_000, silence: 300, request: 2_000 };

/** A storage that accepts every connection and sends only the given bytes. */
async function stuck(says: string): Promise<BackupBucket> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("data", () => socket.write(says));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as { port: number };
  const endpoint = `http://127.0.0.1:${port}`;
  return BackupBucket.open({ bucket: "music", endpoint, region: "us-east-1", prefix: "" }, PATIENCE);
}

const SAYS = {
  nothing: "",
  "half of an answer":
    "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nContent-Type: application/xml\r\n\r\n<?xml",
};

test.each(Object.entries(SAYS))("a request fails if the storage sends %s", async (_, says) => {
  const bucket = await stuck(says);
  await expect(bucket.list()).rejects.toMatchObject({ code: "bucket_failed" });
});

test("an upload fails if the storage does not answer", async () => {
  const bucket = await stuck("");
  const folder = temporaryFolder();
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, DATA_FILE), Buffer.alloc(1_000_000));
  const upload = bucket.upload({ id: "20260101T000000000Z" } as Manifest, folder, () => {});
  await expect(upload).rejects.toMatchObject({ code: "bucket_failed" });
});
