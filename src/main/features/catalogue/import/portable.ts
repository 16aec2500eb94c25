import { ALL_KINDS, type Kind } from "../../../model/kinds.ts";
import { kindLine } from "./kind-line.ts";
import type { Portable } from "./line.ts";
import { RELATIONS } from "./relations.ts";

const LAST = ["tracks", "playlists", "tags"];
const rank = ({ path }: Kind): number => LAST.indexOf(path);
/** Tracks refer to all kinds before them. */
const KINDS_IN_ORDER = [...ALL_KINDS].sort((one, two) => rank(one) - rank(two));

/** In an order in which what is referred to comes first. */
export const PORTABLES: readonly Portable[] = [
  ...KINDS_IN_ORDER.map((kind) => ({
    path: kind.path,
    type: kind.type,
    from: kind.from,
    fields: kind.fields,
    key: ["t.id"],
    ...(kind.shown === undefined ? {} : { shown: kind.shown.listed }),
    ...kindLine(kind),
  })),
  ...RELATIONS,
];
