/** What a pattern's names stand for, such as `id` in `/console/artists/:id`. */
export type Params = Readonly<Record<string, string>>;

/** The values of a pattern's names in a path; undefined where the path is another one. */
export function match(pattern: string, path: string): Params | undefined {
  const [wanted, given] = [pattern.split("/"), path.split("/")];
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [i, part] of wanted.entries()) {
    const value = given[i]!;
    if (part.startsWith(":") && value !== "") params[part.slice(1)] = value;
    else if (part !== value) return undefined;
  }
  return params;
}
