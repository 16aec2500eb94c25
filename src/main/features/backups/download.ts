import { type FileHandle, open, stat } from "node:fs/promises";
import { AppError } from "../../../shared/errors.ts";
import { API_HEADERS, type Pieces, type Reply, type StreamLife } from "../../http/reply.ts";

/** Maximum concurrent downloads: each reads the disk that the server writes to. */
const MOST = 2;
let running = 0;

const PIECE = 131_072;

/**
 * A file as a download. It is read in pieces, as fast as the client takes them. It ends early when the
 * session or key does; a client that takes nothing for 30 s is dropped (http/unread.ts). A file that is
 * removed meanwhile is still sent completely.
 *
 * @throws AppError `overloaded` for too many downloads.
 */
export async function download(file: string, name: string): Promise<Reply> {
  if (running >= MOST) throw new AppError("overloaded", { detail: `${MOST} downloads are running` });
  running++;
  try {
    const handle = await open(file);
    const { size } = await handle.stat();
    return {
      status: 200,
      body: null,
      headers: headersOf(name, size),
      stream: (life) => piecesOf(handle, life),
    };
  } catch (error) {
    running--;
    throw error;
  }
}

/** The answer to HEAD. */
export const headed = async (file: string, name: string): Promise<Reply> => ({
  ...{ status: 200, body: null },
  headers: headersOf(name, (await stat(file)).size),
});

const headersOf = (name: string, size: number): Record<string, string> => ({
  ...API_HEADERS,
  "content-type": "application/zstd",
  "content-length": String(size),
  "content-disposition": `attachment; filename="${name}"`,
  "cache-control": "no-store",
});

function piecesOf(handle: FileHandle, { permitted, drop }: StreamLife): Pieces {
  let closed = false;
  const close = async () => {
    if (closed) return;
    closed = true;
    running--;
    await handle.close();
  };
  return new ReadableStream({
    async pull(controller) {
      try {
        const { buffer, bytesRead } = await handle.read(new Uint8Array(PIECE), 0, PIECE);
        if (bytesRead > 0 && (await permitted())) return controller.enqueue(buffer.subarray(0, bytesRead));
        await close();
        // Without an error, the client would take a partial file for a complete one.
        if (bytesRead > 0) drop();
        else controller.close();
      } catch (error) {
        await close();
        controller.error(error);
        drop();
      }
    },
    cancel: close,
  });
}
