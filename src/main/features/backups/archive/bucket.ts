import { join } from "node:path";
import type { Readable } from "node:stream";
import type { S3Client } from "@aws-sdk/client-s3";
import { AppError } from "../../../../shared/errors.ts";
import { readPieces } from "./archive.ts";
import { DATA_FILE, MANIFEST_FILE, type Manifest, newestFirst, parseManifest } from "./manifest.ts";
import type { BackupStore } from "./store.ts";

export interface BucketSettings {
  readonly bucket: string;
  /** A URL; empty for AWS. */
  readonly endpoint: string;
  readonly region: string;
  /** Prefix of keys, without a trailing slash; empty for none. */
  readonly prefix: string;
}

/** Bytes of a part. At most 10,000 parts make 156 GiB. Two are uploaded at once. */
const PART = 16 * 1_048_576;

/**
 * Milliseconds to connect, without a byte in either direction, and for one request with its retries. An object
 * storage that hangs is given up, so that it does not block the next backup.
 */
export interface Patience {
  readonly connect: number;
  readonly silence: number;
  readonly request: number;
}

const PATIENCE: Patience = { connect: 10_000, silence: 30_000, request: 300_000 };

/**
 * A bucket of S3 or a compatible storage. The vendor's library finds the credentials: `AWS_ACCESS_KEY_ID` and
 * `AWS_SECRET_ACCESS_KEY`, a profile, or the machine's role.
 *
 * The library is an optional dependency. Only the backup process loads it; a server never does. The manifest is
 * uploaded last: an upload without it is incomplete.
 */
export class BackupBucket implements BackupStore {
  readonly name: string;
  readonly #settings: BucketSettings;
  readonly #library: Library;
  readonly #client: S3Client;

  private constructor(settings: BucketSettings, library: Library, patience: Patience) {
    this.#settings = settings;
    this.#library = library;
    this.name = `s3://${settings.bucket}/${settings.prefix}`;
    const { region, endpoint } = settings;
    this.#client = new library.s3.S3Client({
      region,
      ...(endpoint === "" ? {} : { endpoint, forcePathStyle: true }),
      requestHandler: {
        connectionTimeout: patience.connect,
        socketTimeout: patience.silence,
        requestTimeout: patience.request,
        throwOnRequestTimeout: true,
      },
      // Not every storage supports the newer checksums. The manifest has its own.
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
    });
  }

  /** @throws AppError `s3_client_missing`. */
  static async open(settings: BucketSettings, patience = PATIENCE): Promise<BackupBucket> {
    return new BackupBucket(settings, await loadLibrary(), patience);
  }

  /** @param folder the backup's folder with its two files. */
  async upload(backup: Manifest, folder: string, onBytes: (done: number) => void): Promise<void> {
    const { Upload } = this.#library.storage;
    const { PutObjectCommand } = this.#library.s3;
    await this.#asking(async () => {
      const upload = new Upload({
        client: this.#client,
        params: { ...this.#at(backup, DATA_FILE), Body: readPieces(join(folder, DATA_FILE)) },
        partSize: PART,
        queueSize: 2,
      });
      upload.on("httpUploadProgress", ({ loaded }) => onBytes(loaded ?? 0));
      await upload.done();
      const Body = JSON.stringify(backup, null, 2);
      const ContentType = "application/json";
      await this.#client.send(
        new PutObjectCommand({ ...this.#at(backup, MANIFEST_FILE), Body, ContentType }),
      );
    });
  }

  list(): Promise<Manifest[]> {
    return this.#asking(async () => {
      const { paginateListObjectsV2 } = this.#library.s3;
      const { bucket, prefix } = this.#settings;
      const found: Manifest[] = [];
      const pages = paginateListObjectsV2(
        { client: this.#client },
        { Bucket: bucket, Prefix: prefix === "" ? "" : `${prefix}/` },
      );
      for await (const { Contents = [] } of pages) {
        for (const { Key = "" } of Contents) {
          if (!Key.endsWith(`/${MANIFEST_FILE}`)) continue;
          const manifest = parseManifest(await this.#text(Key));
          if (manifest !== undefined && this.#at(manifest, MANIFEST_FILE).Key === Key) found.push(manifest);
        }
      }
      return found.sort(newestFirst);
    });
  }

  read(backup: Manifest): Promise<Readable> {
    return this.#asking(async () => {
      const { GetObjectCommand } = this.#library.s3;
      const { Body } = await this.#client.send(new GetObjectCommand(this.#at(backup, DATA_FILE)));
      return Body as Readable;
    });
  }

  remove(backup: Manifest): Promise<void> {
    return this.#asking(async () => {
      const { DeleteObjectCommand } = this.#library.s3;
      for (const file of [MANIFEST_FILE, DATA_FILE])
        await this.#client.send(new DeleteObjectCommand(this.#at(backup, file)));
    });
  }

  #at({ id }: Manifest, file: string): { Bucket: string; Key: string } {
    const { bucket, prefix } = this.#settings;
    return { Bucket: bucket, Key: [prefix, id, file].filter((part) => part !== "").join("/") };
  }

  async #text(key: string): Promise<string> {
    const { GetObjectCommand } = this.#library.s3;
    const { bucket } = this.#settings;
    const { Body } = await this.#client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return Body!.transformToString();
  }

  /** @throws AppError `bucket_failed` with the storage's message. */
  async #asking<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (cause) {
      const { name, message } = cause as Error;
      throw new AppError("bucket_failed", { detail: `${this.name}: ${name}: ${message}`, cause });
    }
  }
}

/**
 * Checks that the library can be loaded, without loading it: reported at the server's start.
 *
 * @throws AppError `s3_client_missing`.
 */
export function assertLibrary(): void {
  try {
    for (const name of ["@aws-sdk/client-s3", "@aws-sdk/lib-storage"]) import.meta.resolve(name);
  } catch (cause) {
    throw new AppError("s3_client_missing", { cause });
  }
}

interface Library {
  readonly s3: typeof import("@aws-sdk/client-s3");
  readonly storage: typeof import("@aws-sdk/lib-storage");
}

async function loadLibrary(): Promise<Library> {
  try {
    return { s3: await import("@aws-sdk/client-s3"), storage: await import("@aws-sdk/lib-storage") };
  } catch (cause) {
    throw new AppError("s3_client_missing", { cause });
  }
}
