import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { copyOf, get, makeCatalogue, startServer, temporaryFolder } from "../support/server.ts";
import { findProgram, run } from "../support/tools.ts";

/** A client that others generate from the description reads well, and works. */
const generator = findProgram("openapi-python-client", "OPENAPI_PYTHON_CLIENT");
const reason =
  generator === undefined
    ? " (skipped: no openapi-python-client on the PATH, none named by OPENAPI_PYTHON_CLIENT)"
    : "";

/** A program that uses the generated client. */
const PROGRAM = `
import sys
from generated import Client
from generated.models import Track, TrackPage, SearchPage, SearchHit
from generated.api.tracks import list_tracks, get_track
from generated.api.search import get_search
with Client(base_url=sys.argv[1]) as client:
    page = list_tracks.sync(client=client, limit=2, genre_id=1)
    assert isinstance(page, TrackPage) and all(type(track) is Track for track in page.data), page
    track = get_track.sync(page.data[0].id, client=client)
    assert type(track) is Track and track == page.data[0], track
    found = get_search.sync(client=client, q=track.name, types="track,artist")
    assert isinstance(found, SearchPage) and isinstance(found.data[0], SearchHit), found
    print(track.name)
`;

test.skipIf(generator === undefined)(
  `a generated Python client has one track type and can read${reason}`,
  async () => {
    await using server = await startServer({}, { database: copyOf(await makeCatalogue()) });
    const folder = temporaryFolder();
    writeFileSync(join(folder, "openapi.json"), (await get(server, "/openapi.json")).text);
    const args = ["generate", "--path", "openapi.json", "--output-path", "generated", "--meta", "none"];
    const { code, said } = run(generator!, args, folder);
    expect(code, said).toBe(0);
    // It warns of a formatter that is not installed, and of nothing else.
    expect(said).not.toMatch(/unable|unsupported|cannot|duplicate/i);
    const models = readdirSync(join(folder, "generated/models"));
    expect(models).toEqual(expect.arrayContaining(["track.py", "track_page.py", "new_track.py"]));
    expect(models.filter((name) => /^track(_?\d|_(input|output|type))/.test(name))).toEqual([]);
    const python = join(dirname(generator!), "python");
    const program = join(folder, "program.py");
    writeFileSync(program, PROGRAM);
    const { stdout, stderr, status } = spawnSync(
      existsSync(python) ? python : "python3",
      [program, server.url],
      {
        cwd: folder,
        encoding: "utf8",
      },
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const [first] = (await get(server, "/v1/tracks?genre_id=1&limit=1")).json.data;
    expect(stdout.trim()).toBe(first.name);
    expect(readFileSync(join(folder, "generated/models/track.py"), "utf8")).toContain("class Track:");
  },
  120_000,
);
