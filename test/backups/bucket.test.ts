import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { BackupBucket } from "../../src/main/features/backups/archive/bucket.ts";
import { type Manifest, seal } from "../../src/main/features/backups/archive/manifest.ts";
import { copyOf, get, makeCatalogue, post, startServer, temporaryFolder } from "../support/server.ts";
import { CREDENTIALS, startS3 } from "./s3-server.ts";
import { addArtist, artistsOf, backUp, backupsOf, entriesOf, fail, run, settled } from "./support.ts";

const catalogue = await makeCatalogue(50);
const BUCKET = "backups";

/** The test's own server always runs, a real one if it is installed. */
interface Storage extends AsyncDisposable {
  readonly url: string;
}

const versitygw = process.env.CHINOOK_S3_SERVER ?? "versitygw";
const real = spawnSync(versitygw, ["--version"]).error === undefined;

async function startReal(): Promise<Storage> {
  const root = temporaryFolder();
  mkdirSync(join(root, BUCKET));
  const port = await freePort();
  const keys = {
    ROOT_ACCESS_KEY: CREDENTIALS.AWS_ACCESS_KEY_ID,
    ROOT_SECRET_KEY: CREDENTIALS.AWS_SECRET_ACCESS_KEY,
  };
  const gateway = spawn(
    versitygw,
    ["--port", `127.0.0.1:${port}`, "posix", "--sidecar", temporaryFolder(), root],
    {
      env: { ...process.env, ...keys },
      stdio: "ignore",
    },
  );
  const url = `http://127.0.0.1:${port}`;
  while (
    !(await fetch(url).then(
      () => true,
      () => false,
    ))
  )
    await delay(50);
  const stop = async () => {
    gateway.kill();
    await once(gateway, "exit");
  };
  return { url, [Symbol.asyncDispose]: stop };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

const settingsFor = ({ url }: Storage): Record<string, string> => ({
  ...CREDENTIALS,
  CHINOOK_BACKUP_S3_BUCKET: BUCKET,
  CHINOOK_BACKUP_S3_ENDPOINT: url,
  CHINOOK_BACKUP_S3_PREFIX: "music/one",
});

const idsOf = (backups: readonly Manifest[]) => backups.map(({ id }) => id);

const kinds: readonly (readonly [name: string, there: boolean, start: () => Promise<Storage>])[] = [
  ["a small S3 server of the test's own", true, () => startS3(BUCKET)],
  [
    `a real S3 server${real ? "" : " (skipped: no versitygw on the PATH, none named by CHINOOK_S3_SERVER)"}`,
    real,
    startReal,
  ],
];

describe.each(kinds)("with %s", (_, there, start) => {
  test.skipIf(!there)("backups are uploaded, listed, verified, restored and pruned", async () => {
    await using storage = await start();
    const settings = settingsFor(storage);
    const server = await startServer(settings, { database: copyOf(catalogue) });
    const { database } = server;
    const ids: string[] = [];
    for (const name of ["One", "Two", "Three"]) {
      await addArtist(server, name);
      ids.unshift((await backUp(server)).id);
    }
    const { json } = await get(server, "/admin/backups?from=bucket");
    expect(idsOf(json.data)).toEqual(ids);
    expect(json.data).toEqual((await get(server, "/admin/backups")).json.data);
    const verifying = await post(server, `/admin/backups/${ids[1]}/verify?from=bucket`, {});
    expect((await settled(server, verifying.json.id)).backup.id).toBe(ids[1]);
    expect(await server.stop()).toBe(0);

    const elsewhere = join(temporaryFolder(), "new-machine.sqlite");
    const from = ["--from", "bucket", "--database", elsewhere];
    expect((await run(["backup", "verify", ...from], settings)).id).toBe(ids[0]);
    await run(["backup", "restore", ids[1]!, ...from], settings);
    expect(artistsOf(elsewhere).slice(-2)).toEqual(["One", "Two"]);

    const few = ["--backup-keep-last", "1", "--backup-keep-daily", "0", "--backup-keep-weekly", "0"];
    const { kept, removed } = await run(["backup", "prune", ...from, ...few], settings);
    expect([idsOf(kept), idsOf(removed)]).toEqual([ids.slice(0, 1), ids.slice(1)]);
    const { data } = await run(["backup", "list", ...from], settings);
    expect(idsOf(data)).toEqual(ids.slice(0, 1));
    expect(entriesOf(backupsOf(database))).toEqual(ids.toSorted());
  });

  test.skipIf(!there)("a backup larger than one part is uploaded completely", async () => {
    await using storage = await start();
    const { CHINOOK_BACKUP_S3_ENDPOINT: endpoint } = settingsFor(storage);
    Object.assign(process.env, CREDENTIALS);
    const bucket = await BackupBucket.open({
      bucket: BUCKET,
      endpoint: endpoint!,
      region: "us-east-1",
      prefix: "",
    });
    const { folder, manifest, data } = await largeBackup();
    await bucket.upload(manifest, folder, () => {});
    expect(idsOf(await bucket.list())).toEqual([manifest.id]);
    const got = Buffer.concat(await (await bucket.read(manifest)).toArray());
    expect(got.equals(data)).toBe(true);
  });

  test.skipIf(!there)("wrong credentials: the local backup is kept and the failure is reported", async () => {
    await using storage = await start();
    const wrong = { ...settingsFor(storage), AWS_ACCESS_KEY_ID: "nobody" };
    await using server = await startServer(wrong, { database: copyOf(catalogue) });
    const { json } = await post(server, "/admin/backups", {});
    const job = await settled(server, json.id);
    expect([job.status, job.error.code]).toEqual(["failed", "bucket_failed"]);
    expect((await get(server, "/admin/backups?from=bucket")).status).toBe(503);
    expect((await get(server, "/admin/backups")).json.data).toHaveLength(1);
    expect(job.error.detail).not.toContain(CREDENTIALS.AWS_SECRET_ACCESS_KEY);
    expect(await server.stop()).toBe(0);
  });
});

async function largeBackup() {
  const folder = temporaryFolder();
  const data = randomBytes(40 * 1_048_576);
  writeFileSync(join(folder, "database.sqlite.zst"), data);
  const database = copyOf(catalogue);
  const made: Manifest = await run(["backup", "create", "--database", database]);
  return { folder, data, manifest: seal({ ...made, bytes: data.length }) };
}

test("an upload interrupted before its manifest is not listed", async () => {
  await using storage = await startS3(BUCKET);
  const settings = settingsFor(storage);
  const database = copyOf(catalogue);
  const { id } = await run(["backup", "create", "--database", database], settings);
  (storage.objects as Map<string, Buffer>).delete(`music/one/${id}/backup.json`);
  expect((await run(["backup", "list", "--from", "bucket", "--database", database], settings)).data).toEqual(
    [],
  );
  expect([...storage.objects.keys()]).toEqual([`music/one/${id}/database.sqlite.zst`]);
});

test("bucket commands are a usage error if no bucket is configured", async () => {
  const database = copyOf(catalogue);
  expect((await fail(["backup", "list", "--from", "bucket", "--database", database])).code).toBe("invalid");
  await using server = await startServer({}, { database });
  const { status, json } = await get(server, "/admin/backups?from=bucket");
  expect([status, json.errors[0].parameter]).toEqual([422, "from"]);
  expect(readdirSync(join(database, "..")).includes("backups")).toBe(false);
  expect(await server.stop()).toBe(0);
});
