import { createHash, type Hash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createZstdCompress, createZstdDecompress } from "node:zlib";
import { AppError } from "../../../../shared/errors.ts";

/**
 * Compresses and decompresses a backup's data as streams of bounded chunks, so that memory does not grow with the
 * database. Checksums are taken on both sides of the compression.
 */

const PIECE = 1_048_576;

export interface Side {
  readonly bytes: number;
  readonly sha256: string;
}

export interface Converted {
  /** The uncompressed database. */
  readonly plain: Side;
  readonly compressed: Side;
}

/** Called with the number of input bytes processed. */
export type OnBytes = (done: number) => void;

/** Writes a new file, readable by its owner only, and synced when this resolves. */
export async function compress(from: string, to: string, onBytes: OnBytes): Promise<Converted> {
  const [plain, compressed] = [new Meter(onBytes), new Meter()];
  await pipeline(
    createReadStream(from, { highWaterMark: PIECE }),
    plain.through,
    createZstdCompress({ chunkSize: PIECE }),
    compressed.through,
    newFile(to),
  );
  return { plain: plain.side, compressed: compressed.side };
}

/**
 * @param most maximum bytes of the database: a few kilobytes can decompress to a full disk.
 * @throws AppError `backup_damaged` if it is exceeded.
 */
export async function decompress(
  from: Readable,
  to: string,
  most: number,
  onBytes: OnBytes,
): Promise<Converted> {
  const [plain, compressed] = [new Meter(() => {}, most), new Meter(onBytes)];
  await pipeline(
    from,
    compressed.through,
    createZstdDecompress({ chunkSize: PIECE }),
    plain.through,
    newFile(to),
  );
  return { plain: plain.side, compressed: compressed.side };
}

export const readPieces = (file: string): Readable => createReadStream(file, { highWaterMark: PIECE });

const newFile = (path: string) => createWriteStream(path, { flags: "wx", mode: 0o600, flush: true });

/** Counts and hashes the bytes that pass through. */
class Meter {
  readonly #hash: Hash = createHash("sha256");
  readonly #onBytes: OnBytes;
  readonly #most: number;
  #bytes = 0;

  constructor(onBytes: OnBytes = () => {}, most = Number.POSITIVE_INFINITY) {
    this.#onBytes = onBytes;
    this.#most = most;
  }

  readonly through = async function* (this: Meter, pieces: AsyncIterable<Buffer>) {
    for await (const piece of pieces) {
      this.#hash.update(piece);
      this.#bytes += piece.length;
      if (this.#bytes > this.#most) {
        throw new AppError("backup_damaged", {
          detail: `it decompresses to more than its stated size of ${this.#most} bytes`,
        });
      }
      this.#onBytes(this.#bytes);
      yield piece;
    }
  }.bind(this);

  /** Call it once, at the end. */
  get side(): Side {
    return { bytes: this.#bytes, sha256: this.#hash.digest("hex") };
  }
}
