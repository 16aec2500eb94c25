/** Texts that are kept; some of them are made of what clients name. */
const MOST = 500;

/**
 * Texts of SQL by what they are made of, each made once. On its way to SQLite a text is looked up in several maps:
 * the same string is hashed once, and building it again and again took a tenth of a write's processor time.
 *
 * Bounded: when there are as many, all are forgotten.
 */
export class MadeOnce {
  readonly #made = new Map<string, string>();

  get(key: string, make: () => string): string {
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    if (this.#made.size >= MOST) this.#made.clear();
    const made = make();
    this.#made.set(key, made);
    return made;
  }
}
