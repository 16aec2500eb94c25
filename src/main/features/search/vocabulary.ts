import { type Command, command, statement } from "../../engine/commands/command.ts";
import type { Commands } from "../../engine/commands/command-bus.ts";
import { type Nothing, nothing } from "../../engine/reads/read.ts";

/** Letters of the longest and of the shortest word that is learnt. */
export const MAX_WORD = 40;
const MIN_WORD = 2;
/**
 * Maximum words, plus those of one slice. Words of deleted names stay until the index is rebuilt, which
 * learns all words again.
 */
const MOST_WORDS = 1_000_000;
/** Texts whose words one command learns. It takes the writer some milliseconds. */
const SLICE = 5_000;

/**
 * The trigrams of a word as an FTS5 expression, padded like the indexed words: two blanks before and one
 * after, so that beginnings and ends count. Null for a word that is too long.
 */
export function trigramsOf(word: string): string | null {
  const letters = [...`  ${word} `];
  if (letters.length > MAX_WORD + 3) return null;
  const trigrams = letters.slice(2).map((letter, i) => `"${letters[i]}${letters[i + 1]}${letter}"`);
  return [...new Set(trigrams)].join(" OR ");
}

/**
 * Learns the words of a slice of the texts recorded by triggers. To tokenize them, it writes them to a
 * scratch index, reads back its terms and empties it. Answers 1 if texts are left.
 */
export const LEARN: Command<Nothing> = command({
  name: "search.learn",
  background: true,
  input: nothing,
  statements: () => [
    statement(
      `INSERT INTO search_scratch (rowid, text) SELECT id, text FROM search_pending ORDER BY id LIMIT ${SLICE}`,
      {},
    ),
    statement(
      `INSERT INTO search_words (word) SELECT term FROM search_scratch_words
       WHERE length(term) BETWEEN ${MIN_WORD} AND ${MAX_WORD} AND (SELECT ifnull(max(id), 0) FROM search_words) < ${MOST_WORDS}
       ON CONFLICT DO NOTHING`,
      {},
    ),
    statement("INSERT INTO search_scratch (search_scratch) VALUES ('delete-all')", {}),
    statement(
      `DELETE FROM search_pending WHERE id IN (SELECT id FROM search_pending ORDER BY id LIMIT ${SLICE})`,
      {},
    ),
  ],
  answer: () => statement("SELECT EXISTS (SELECT 1 FROM search_pending) || '' AS body, NULL AS etag", {}),
  tags: () => ["search-words"],
});

/** Learns all recorded texts, a slice at a time, so that other writes run in between. */
export async function learnAll(commands: Commands): Promise<void> {
  while ((await commands.execute(LEARN, {})).body === "1");
}
