import fc from "fast-check";
import { PLAIN_KINDS } from "../../src/main/features/catalogue/commands.ts";
import { COMMANDS } from "../../src/main/features/index.ts";
import { ALL_KINDS, KINDS, type Kind } from "../../src/main/model/kinds.ts";
import { DIMENSIONS, VECTOR_KINDS } from "../../src/shared/embedders/embedder.ts";
import type { BULK_COLUMNS } from "../../src/shared/tables.ts";
import type { Call, Inputs } from "./refusals.calls.ts";
import { PEOPLE_INPUTS } from "./refusals.people.ts";
import { SHOP_INPUTS } from "./refusals.shop.ts";

/** Few ids, so that commands collide; one that does not exist, so that they are refused. */
const id = fc.constantFrom(1, 2, 3, 999);
const word = fc.constantFrom("Alpha", "beta", "Gamma ray", "delta");
const ifMatch = fc.constantFrom(undefined, "current" as const, "outdated" as const);
const key = fc.constantFrom(undefined, undefined, "k1", "k2");
const nothing: Inputs = fc.constant({ input: {} });

const metadataKey = fc.constantFrom("mood", "bpm", "live");
const metadataBody = fc.constantFrom(
  { value: "calm" },
  { value: 120 },
  { value: true },
  { value: "1999-12-31" },
);
const person = fc.constantFrom(0, 1, 2);
const subject = fc.constantFrom("tracks", "albums", "artists");
const commented = fc.constantFrom("tracks", "tracks", "playlists", "artists");
const mark = fc.record({ me: person, kind: subject, id });
/** A comment that is there, most of the time, with what it is about. */
const comment = fc
  .oneof(
    {
      weight: 4,
      arbitrary: fc.constantFrom([1, "tracks", 1, null], [2, "tracks", 1, 1], [3, "playlists", 3, null]),
    },
    fc.constant([999, "tracks", 1, null] as const),
  )
  .chain(([id, kind, entity, parent]) => person.map((me) => ({ id, kind, entity, parent, me })));
const trackSearch = fc.constantFrom(
  {},
  { q: "a", genre_id: 1 },
  { not_played_days: 30, sort: "-name", limit: 2 },
);
/** The principal that changes a playlist: none, an owner, and a user without playlists. */
const asker = fc.constantFrom(
  ...[null, null, 1, 3, 4].map((user) => ({ user, editor: user === null ? (1 as const) : (0 as const) })),
);

const only = (input: fc.Arbitrary<unknown>): Inputs => fc.record({ input });

/** A body of the kind; every part of it is drawn whether it is required or not. */
function bodyOf(kind: Kind): fc.Arbitrary<Record<string, unknown>> {
  const fields: Record<string, fc.Arbitrary<unknown>> = {
    ...{
      name: word,
      title: word,
      composer: fc.option(word),
      release_date: fc.constantFrom(null, "1999-12-31"),
    },
    ...{ artist_id: id, album_id: fc.option(id), genre_id: fc.option(id), media_type_id: id },
    ...{ disc_number: fc.constantFrom(1, 2), track_number: fc.option(fc.integer({ min: 1, max: 9 })) },
    ...{ description: fc.option(word), visibility: fc.constantFrom("private", "unlisted", "public") },
    ...{ allow_duplicates: fc.boolean(), type: fc.constantFrom("tag", "mood"), parent_id: fc.option(id) },
    synonyms: fc.subarray(["Delta", "Soft"]),
    ...{ milliseconds: fc.nat(9), bytes: fc.option(fc.nat(9)), unit_price: fc.constantFrom(0.99, 1) },
  };
  return fc.record(
    Object.fromEntries(
      Object.keys(kind.input.shape).map((name) => {
        const field = fields[name];
        if (field === undefined)
          throw new Error(`add ${name} to the fields in test/engine/refusals.inputs.ts`);
        return [name, field];
      }),
    ),
  );
}

const kindInputs = (kind: Kind): Record<string, Inputs> => ({
  [`${kind.path}.create`]: fc.record({ input: bodyOf(kind), key }),
  [`${kind.path}.patch`]: fc.record({
    input: fc.record({
      id,
      body: bodyOf(kind).chain((body) =>
        fc
          .subarray(Object.keys(body), { minLength: 1 })
          .map((names) => Object.fromEntries(names.map((name) => [name, body[name]]))),
      ),
    }),
    ifMatch,
  }),
  [`${kind.path}.delete`]: fc.record({ input: fc.record({ id }), ifMatch }),
});

/** A line of an import: with an identity that is its own, another's or none. */
const lineOf = (kind: Kind): Inputs =>
  only(
    fc
      .tuple(
        bodyOf(kind),
        fc.record(
          { id: fc.constantFrom(1, 2, 55), public_id: fc.constantFrom("1", "2", "new") },
          { requiredKeys: [] },
        ),
      )
      .map(([body, identity]) => ({ ...body, ...identity })),
  );

const play = fc.record({ track_id: id, user_id: fc.constantFrom(undefined, null, 1, 2) });
const vectorKind = fc.constantFrom(...VECTOR_KINDS);
const computedKind = fc.constantFrom("lyric", "metadata");
const vector = (kind: keyof typeof DIMENSIONS) =>
  fc.nat(5).map((n) => Array.from({ length: DIMENSIONS[kind] }, (_, i) => (i === n ? 1 : 0.1)));
const vectors = vectorKind.chain((kind) => vector(kind).map((values) => ({ [kind]: values })));
const hex = (kind: keyof typeof DIMENSIONS) => "0000803f".repeat(DIMENSIONS[kind]);

/** A chunk whose rows are of an artist or an album, the latter perhaps of an artist that is not there. */
const artistRow = fc.tuple(id, fc.uuid(), fc.constant("s"), word, fc.constant("t"), fc.constant("t"));
const albumRow = fc.tuple(
  id,
  fc.uuid(),
  fc.constant("s"),
  word,
  id,
  fc.constant(null),
  fc.constant("t"),
  fc.constant("t"),
);
const chunk = fc.oneof(
  fc.record({
    table: fc.constant("artists" satisfies keyof typeof BULK_COLUMNS),
    rows: fc.array(artistRow, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({
    table: fc.constant("albums" satisfies keyof typeof BULK_COLUMNS),
    rows: fc.array(albumRow, { minLength: 1, maxLength: 3 }),
  }),
);

/** For each command, by its name: calls that it accepts and, where it has a guard, calls that each guard refuses. */
export const INPUTS: Readonly<Record<string, Inputs>> = {
  ...Object.assign({}, ...PLAIN_KINDS.map(kindInputs)),
  "playlists.create": fc.record({ input: fc.record({ asker, body: bodyOf(KINDS.playlists) }), key }),
  "playlists.patch": fc.record({
    input: fc.record({ asker, id, body: bodyOf(KINDS.playlists) }),
    ifMatch,
  }),
  "playlists.delete": fc.record({ input: fc.record({ asker, id }), ifMatch }),
  "playlists.copy": fc.record({
    input: fc.record({ asker, id, body: fc.constantFrom({}, { name: "C" }) }),
    key,
  }),
  "playlists.tracks.add": fc.record({
    input: fc.record({ asker, id: fc.oneof(id, fc.constant(4)), body: fc.record({ track_id: id }) }),
    key,
    ifMatch,
  }),
  "playlists.tracks.remove": fc.record({ input: fc.record({ asker, id, track_id: id }), ifMatch }),
  "playlists.entries.remove": fc.record({ input: fc.record({ asker, id, entry: id }), ifMatch }),
  "playlists.tracks.replace": fc.record({
    input: fc.record({
      asker,
      id: fc.constantFrom(1, 1, 1, 2, 3, 999),
      body: fc.record({
        track_ids: fc.array(fc.constantFrom(1, 2, 3, 3, 1, 2, 1, 2, 999), { maxLength: 3 }),
      }),
    }),
    ifMatch,
  }),
  "playlists.entries.move": fc.record({
    input: fc.record({
      asker,
      id: fc.constantFrom(1, 1, 1, 2, 3, 999),
      entry: fc.constantFrom(1, 2, 1, 2, 999),
      body: fc.oneof(
        fc.record({ position: fc.constantFrom(1, 2, 9) }),
        fc.record({ before: id }),
        fc.record({ after: id }),
      ),
    }),
    ifMatch,
  }),
  "metadata.put": fc.record({
    input: fc.record({ id, key: metadataKey, body: metadataBody }),
    seen: ifMatch,
  }),
  "metadata.replace": fc.record({
    input: fc.record({
      id,
      body: fc.record({
        data: fc.uniqueArray(
          fc.tuple(metadataKey, metadataBody).map(([key, body]) => ({ key, ...body })),
          { maxLength: 3, selector: ({ key }) => key },
        ),
      }),
    }),
    seen: ifMatch,
  }),
  "metadata.delete": fc.record({ input: fc.record({ id, key: metadataKey }), seen: ifMatch }),
  "metadata.clear": fc.record({ input: fc.record({ id }), seen: ifMatch }),
  "bin.restore": only(
    fc.record({ asker, id: fc.constantFrom(1, 2, 1, 2, 999) }).map(({ asker, id }) => ({
      ...{ asker, id },
      ...(id === 2 ? { kind: "playlists", entity: 2_000 } : { kind: "genres", entity: 1_000 }),
    })),
  ),
  "bin.sweep": nothing,
  "favourites.put": only(mark),
  "favourites.delete": only(mark),
  "ratings.put": only(
    fc.record({ me: person, kind: subject, id, body: fc.record({ stars: fc.integer({ min: 1, max: 5 }) }) }),
  ),
  "ratings.delete": only(mark),
  "comments.create": fc.record({
    input: fc.record({
      ...{ kind: commented, entity: id, me: person },
      body: fc.oneof(fc.record({ text: word }), fc.record({ text: word, parent_id: id })),
    }),
    key,
  }),
  "comments.patch": fc.record({
    input: comment.map((input) => ({ ...input, body: { text: "changed" } })),
    ifMatch,
  }),
  "comments.delete": fc.record({
    input: fc.tuple(comment, fc.constantFrom(0, 1)).map(([input, moderator]) => ({ ...input, moderator })),
    ifMatch,
  }),
  "saved_searches.create": fc.record({
    input: fc.record({ me: fc.constantFrom(0, 1, 4), body: fc.record({ name: word, search: trackSearch }) }),
    key,
  }),
  "saved_searches.patch": fc.record({
    input: fc.record({
      ...{ me: person, id },
      body: fc.oneof(
        fc.record({ name: word, search: trackSearch }),
        fc.record({ visibility: fc.constantFrom("public", "private") }),
      ),
    }),
    ifMatch,
  }),
  "saved_searches.look": only(fc.record({ me: person, id })),
  "saved_searches.delete": fc.record({ input: fc.record({ me: person, id }), ifMatch }),
  "tracks.tags.add": fc.record({ input: fc.record({ id, body: fc.record({ name: word }) }), key }),
  "tracks.tags.remove": fc.record({
    input: fc.record({
      id,
      tag: fc.constantFrom("alpha", "beta", "orphan", "gamma-ray").map((slug) => ({ slug, type: null })),
    }),
    seen: ifMatch,
  }),
  ...Object.fromEntries(ALL_KINDS.map((kind) => [`${kind.path}.import`, lineOf(kind)])),
  "playlist-tracks.import": only(
    fc.record(
      {
        id: fc.constantFrom(1, 2, 77),
        playlist_id: fc.constantFrom(1, 1, 2, 1_500, 999),
        track_id: id,
        position: fc.nat(9),
      },
      { requiredKeys: ["playlist_id", "track_id"] },
    ),
  ),
  "track-tags.import": only(fc.record({ track_id: id, tag_id: id })),
  "track-metadata.import": only(
    fc.tuple(id, metadataKey, metadataBody).map(([track_id, key, body]) => ({ track_id, key, ...body })),
  ),
  "tags.merge": only(
    fc.record({
      id: fc.constantFrom(1, 2, 3, 5, 999),
      body: fc.record({ into: fc.constantFrom(1, 2, 3, 4, 999) }),
    }),
  ),
  "plays.create": fc.record({ input: play, key }),
  "plays.create_many": fc.record({ input: fc.array(play, { minLength: 1, maxLength: 30 }), key }),
  "plays.close_hours": nothing,
  "plays.keep_totals": only(fc.constantFrom({ sums: "[]" }, { sums: '[["2026-11-20T00",1,"00"]]' })),
  "vectors.put": fc.record({ input: fc.record({ id, body: vectors }), seen: ifMatch }),
  "vectors.delete": fc.record({ input: fc.record({ id }), seen: ifMatch }),
  "vectors.recover": nothing,
  "vectors.claim": only(fc.record({ kind: computedKind, limit: fc.constant(2) })),
  "vectors.store": only(
    fc.tuple(fc.constantFrom("lyric" as const, "metadata" as const), id).map(([kind, track]) => ({
      kind,
      rows: JSON.stringify([[track, hex(kind)]]),
    })),
  ),
  "vectors.keep_neighbours": only(
    fc.record({ changes: fc.nat(30), rows: fc.constant('[["blend",999,"[]"]]') }),
  ),
  "vectors.spread": only(
    fc.record({ source: fc.constantFrom("genre", "media_type", "model", "catalogue"), source_id: fc.nat(2) }),
  ),
  "vectors.request": nothing,
  "vectors.model": only(fc.constant({ tracks: 1, documents: 1, idf: "00" })),
  "vectors.adopt": only(fc.record({ embedder: word })),
  "fts.rebuild": nothing,
  "fts.join": only(fc.record({ first: fc.boolean() })),
  "fts.merge": nothing,
  "fts.optimize": nothing,
  "fts.integrity": nothing,
  "fts.compare": only(fc.constant({ after: 0 })),
  "fts.stats": nothing,
  "search.learn": nothing,
  "search.record": only(fc.array(fc.record({ query: word, searches: fc.nat(3) }), { maxLength: 2 })),
  "search.suggestions": only(fc.constantFrom({ names: '[["artist",1,"Alpha"]]' }, { names: "[]" })),
  "idempotency.forget": nothing,
  // None: a cached search keeps its order until it expires, whatever is popular by then.
  "search.popularity": only(fc.constant({ names: "[]" })),
  "bulk.load": only(chunk),
  "bulk.source": only(fc.record({ source: fc.constantFrom("demo", "imported") })),
  "bulk.inspect": nothing,
  ...PEOPLE_INPUTS,
  ...SHOP_INPUTS,
};

export const anyCall: fc.Arbitrary<Call> = fc.oneof(
  ...COMMANDS.filter(({ name }) => name in INPUTS).map(({ name }) =>
    INPUTS[name]!.map((call) => ({ name, ...call })),
  ),
);
