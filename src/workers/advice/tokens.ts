import type { Tables } from "./tables.ts";

/** Tokens of a statement, as far as advice needs them: which names stand for which tables. */

const TOKEN = /'(?:[^']|'')*'|"(?:[^"]|"")*"|[@:$?]\w*|\w+|<=|>=|<>|!=|==|\|\||->>|->|[^\s]/g;

/** Words that may follow a table's name and are no alias. */
const NO_ALIAS = new Set([
  ..."as on using where join left right inner cross natural outer full order group limit set indexed not".split(
    " ",
  ),
  ..."union except intersect values select default window having returning with likely".split(" "),
]);

export const tokensOf = (sql: string): readonly string[] =>
  sql.replaceAll(/--[^\n]*|\/\*[\s\S]*?\*\//g, " ").match(TOKEN) ?? [];

export const isName = (token: string | undefined): token is string =>
  token !== undefined && /^[A-Za-z_]\w*$/.test(token);

/** By the name used in plans and conditions, in lower case: alias or table. */
export function aliasesOf(tokens: readonly string[], { columns }: Tables): Map<string, string> {
  const aliases = new Map<string, string>();
  tokens.forEach((token, i) => {
    const table = token.toLowerCase();
    if (!columns.has(table) || !/^(from|join|into|update|,|\()$/i.test(tokens[i - 1] ?? "")) return;
    const next = tokens[i + 1]?.toLowerCase() === "as" ? i + 2 : i + 1;
    const alias = tokens[next]?.toLowerCase();
    aliases.set(isName(alias) && !NO_ALIAS.has(alias) ? alias : table, table);
  });
  return aliases;
}
