/** Exports a playlist as a file for players. There is no audio: a track's location is its URL in this API. */

/** The result of the export's read. */
export interface ExportedPlaylist {
  readonly name: string;
  readonly description: string | null;
  readonly owner: string | null;
  readonly tracks: readonly (readonly [
    id: number,
    publicId: string,
    name: string,
    artist: string | null,
    album: string | null,
    milliseconds: number,
    trackNumber: number | null,
  ])[];
}

export const FORMATS = {
  m3u8: { type: "application/vnd.apple.mpegurl", render: toM3u8 },
  xspf: { type: "application/xspf+xml", render: toXspf },
} as const;

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this looks for
const BREAKS = /[\u0000-\u001f\u007f\u0085\u2028\u2029]+/g;
/** XML 1.0 can't represent them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this looks for
const UNWRITABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

/** One line: line breaks become blanks. */
const line = (text: string): string => text.replaceAll(BREAKS, " ");

/** M3U8 has one line per title: artist and name. Durations are whole seconds. */
function toM3u8({ name, tracks }: ExportedPlaylist, origin: string): string {
  const entries = tracks.flatMap(([id, , title, artist, , milliseconds]) => [
    `#EXTINF:${Math.round(milliseconds / 1_000)},${line(artist === null ? title : `${artist} - ${title}`)}`,
    `${origin}/v1/tracks/${id}`,
  ]);
  return `${["#EXTM3U", `#PLAYLIST:${line(name)}`, ...entries].join("\n")}\n`;
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escaped = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll(UNWRITABLE, "")
    .replaceAll(/[&<>"]/g, (sign) => ENTITIES[sign]!);

const element = (name: string, value: string | number | null): string =>
  value === null ? "" : `<${name}>${escaped(String(value))}</${name}>`;

/** Version 1 of XSPF, https://www.xspf.org/spec. Durations are milliseconds. */
function toXspf({ name, description, owner, tracks }: ExportedPlaylist, origin: string): string {
  const entries = tracks.map(([id, publicId, title, artist, album, milliseconds, number]) =>
    [
      element("location", `${origin}/v1/tracks/${id}`),
      element("identifier", `urn:uuid:${publicId}`),
      element("title", title),
      element("creator", artist),
      element("album", album),
      element("trackNum", number),
      element("duration", milliseconds),
    ].join(""),
  );
  const about = [element("title", name), element("creator", owner), element("annotation", description)];
  const list = entries.map((entry) => `<track>${entry}</track>`).join("\n");
  return `<?xml version="1.0" encoding="UTF-8"?>
<playlist version="1" xmlns="http://xspf.org/ns/0/">${about.join("")}<trackList>
${list}
</trackList></playlist>
`;
}
